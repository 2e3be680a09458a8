// `npm start` with DATABASE_URL and REDIS_URL of real servers: the same as without, and what is in them afterwards.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiClient, createGuest, newId, problemOf, readStream } from "../dev/api-client.ts";
import { expectedText, SIMULATED_MODEL, type SimulatedLlm, startSimulatedLlm } from "../dev/simulated-llm.ts";
import { testEssentials } from "./essentials.ts";
import { type Brink, startBrink } from "./rig/brink.ts";
import {
  createPostgres,
  createRedis,
  hasPostgres,
  hasRedis,
  skipReason,
  type TestPostgres,
  type TestRedis,
} from "./rig/services.ts";

const QUICK = `${SIMULATED_MODEL}:first=0,rate=0,tokens=80,text=unicode`;
const PER_USER = 12; // More than one user of the essentials sends, and soon reached.

describe.skipIf(!hasPostgres || !hasRedis)(`over real servers${skipReason}`, () => {
  let model: SimulatedLlm;
  let postgres: TestPostgres;
  let redis: TestRedis;
  let stateDir: string;
  let brink: Brink;

  const variables = () => ({
    OPENAI_BASE_URL: model.url,
    OPENAI_MODEL: SIMULATED_MODEL,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    LIMITS: `user=${PER_USER},ip=100000,live=2`,
  });

  beforeAll(async () => {
    [model, postgres, redis] = await Promise.all([startSimulatedLlm(), createPostgres(), createRedis()]);
    stateDir = mkdtempSync(join(tmpdir(), "brink-e2e-"));
    brink = await startBrink({ stateDir, variables: variables() });
  });

  afterAll(async () => {
    await brink?.stop();
    await Promise.all([model?.close(), postgres?.drop(), redis?.clear()]);
    rmSync(stateDir, { recursive: true, force: true });
  });

  testEssentials({ url: () => brink.url, model: () => model });

  test("an ended answer stands in Postgres within a second, whole and once (promise 10)", async () => {
    const client = await createGuest(brink.url);
    const [conversationId, id] = [newId(), newId()];
    const reading = await readStream(
      await client.send(conversationId, { id, text: "Remember \u{1f9e0}.", model: QUICK }),
    );
    const rows = () =>
      postgres.query("SELECT role, text, state, generation_id FROM messages WHERE conversation_id = $1 ORDER BY seq", [
        conversationId,
      ]);
    await expect.poll(async () => (await rows())[1]?.["state"], { timeout: 1_000, interval: 20 }).toBe("complete");
    expect(reading.text).toBe(expectedText(QUICK));
    expect(await rows()).toEqual([
      { role: "user", text: "Remember \u{1f9e0}.", state: null, generation_id: null },
      { role: "assistant", text: reading.text, state: "complete", generation_id: id },
    ]);
    const [usage] = await postgres.query("SELECT input_tokens, output_tokens FROM usage WHERE generation_id = $1", [
      id,
    ]);
    expect(usage).toEqual({
      input_tokens: reading.end?.usage?.inputTokens,
      output_tokens: reading.end?.usage?.outputTokens,
    });
  });

  test("the limits are counted in Redis, under names that hold no address and no text", async () => {
    const client = await createGuest(brink.url);
    const user = await userOf(client);
    const send = (id: string) => client.send(newId(), { id, text: "Count me.", model: QUICK });
    let sent = 0;
    let response = await send(newId());
    for (; response.ok && sent <= PER_USER; sent++) {
      await readStream(response);
      response = await send(newId());
    }
    // A window that slides lets one more through when the minute turns between two sends.
    expect([PER_USER, PER_USER + 1]).toContain(sent);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ status: 429, code: "rate_limited" });
    expect(problem.retryAfterMs).toBeGreaterThan(0);

    const keys = await redis.keys("*");
    expect(keys.some((key) => key.startsWith(`brink:limit:user:user:${user}`))).toBe(true);
    for (const key of keys) expect(key).toMatch(/^brink:(limit|live):/);
    const rows = () => postgres.query("SELECT count(*)::int AS sent FROM messages WHERE owner_id = $1", [user]);
    await expect.poll(rows).toEqual([{ sent: sent * 2 }]);
  });

  test("so many answers at once and no more; a place is free again as soon as one has ended", async () => {
    const client = await createGuest(brink.url);
    const slow = `${SIMULATED_MODEL}:first=0,rate=10,tokens=1000`;
    const send = () => client.post(newId(), { id: newId(), text: "Take your time.", model: slow });
    const [conversationId, generationId] = [newId(), newId()];
    await client.post(conversationId, { id: generationId, text: "First.", model: slow });
    await send();
    await expect(send()).rejects.toThrow(/429.*too_many_live/);
    await client.stop(conversationId, generationId);
    await expect.poll(() => send().catch(String)).toMatchObject({ cursor: expect.any(String) });
  });

  // Their verdicts are asked for together, and each is told in its own object. After all others that ask for a limit: where
  // so many at once keep Redis waiting for a second, a stricter local one judges for the five that follow.
  test("of conversations that begin at once each is judged by itself, whoever asks for it", async () => {
    const clients = await Promise.all(Array.from({ length: 120 }, () => createGuest(brink.url)));
    const slow = `${SIMULATED_MODEL}:first=300,rate=0,tokens=80,text=unicode`;
    const send = (client: ApiClient) => client.send(newId(), { id: newId(), text: "All at once.", model: slow });
    const answers = await Promise.all(clients.map(async (client) => readStream(await send(client))));
    expect(answers.every(({ text, end }) => end?.state === "complete" && text === expectedText(slow))).toBe(true);

    const [greedy] = clients;
    if (greedy === undefined) throw new Error("nobody asks");
    const responses = await Promise.all(clients.map(() => send(greedy)));
    const allowed = responses.filter(({ ok }) => ok).length;
    expect(allowed).toBeGreaterThanOrEqual(1); // Two, but that those which are refused count until it is given back.
    expect(allowed).toBeLessThanOrEqual(2);
    for (const refusal of responses.filter(({ ok }) => !ok)) {
      expect((await problemOf(refusal)).code).toMatch(/^(too_many_live|rate_limited)$/);
    }
  });

  test("a deleted conversation is gone from Postgres, and stays away", async () => {
    const client = await createGuest(brink.url);
    const conversationId = newId();
    await readStream(await client.send(conversationId, { id: newId(), text: "Forget me.", model: QUICK }));
    expect((await client.callJson("DELETE", `/api/conversations/${conversationId}`)).status).toBe(204);
    const counts = () =>
      postgres.query(
        `SELECT (SELECT count(*)::int FROM conversations WHERE id = $1) AS conversations,
                (SELECT count(*)::int FROM messages WHERE conversation_id = $1) AS messages,
                (SELECT count(*)::int FROM tombstones WHERE conversation_id = $1) AS tombstones`,
        [conversationId],
      );
    await expect.poll(counts).toEqual([{ conversations: 0, messages: 0, tombstones: 1 }]);
    const again = await client.send(conversationId, { id: newId(), text: "Come back.", model: QUICK });
    expect((await problemOf(again)).code).toBe("not_found");
    expect(await counts()).toEqual([{ conversations: 0, messages: 0, tombstones: 1 }]);
  });

  test("after a restart the list comes from Postgres and the conversation from its own storage, and they agree", async () => {
    const client = await createGuest(brink.url);
    const conversationId = newId();
    await readStream(await client.send(conversationId, { id: newId(), text: "Still here?", model: QUICK }));
    const listed = async () => (await client.call("/api/conversations")).json();
    const inList = { items: [{ id: conversationId, title: "Still here?" }], nextCursor: null };
    await expect.poll(listed).toMatchObject(inList);
    const before = await client.snapshot(conversationId);
    expect(await brink.stop()).toEqual({ code: 0, signal: null });
    brink = await startBrink({ stateDir, port: Number(new URL(brink.url).port), variables: variables() });
    expect(await client.snapshot(conversationId)).toEqual(before);
    expect(await listed()).toMatchObject(inList);
  });
});

async function userOf(client: Awaited<ReturnType<typeof createGuest>>): Promise<string> {
  const answer: { user: { id: string } } = JSON.parse(await (await client.call("/api/session")).text());
  return answer.user.id;
}

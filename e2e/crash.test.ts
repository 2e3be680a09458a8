// What a crash leaves behind: of workerd alone, which the parent starts again, and of the whole tree, which only a new
// start brings back. Whatever was acknowledged is there, and nothing waits for ever.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiClient, createGuest, newId, readStream } from "../dev/api-client.ts";
import { expectedText, SIMULATED_MODEL, type SimulatedLlm, startSimulatedLlm } from "../dev/simulated-llm.ts";
import { type Brink, freePort, kill, startBrink } from "./rig/brink.ts";
import { type Reader, startReader } from "./rig/reader.ts";
import { createPostgres, hasPostgres, skipReason, type TestPostgres } from "./rig/services.ts";

const PACED = `${SIMULATED_MODEL}:first=20,rate=50,tokens=3000,text=unicode`;
const QUICK = `${SIMULATED_MODEL}:first=0,rate=0,tokens=40`;
const CONVERGE_MS = 15_000; // Promise 7.
const LOST_MS = 1_000; // Promise 8: shown text that is older than this outlives a crash.

let model: SimulatedLlm;
let stateDir: string;
let port: number;
let postgres: TestPostgres | undefined;
let brink: Brink;
/** Left by its reader before the whole tree was killed; the last test looks for it, and nobody else. */
let abandoned: { client: ApiClient; conversationId: string; generationId: string } | undefined;

/** On the same port and folder, as a machine that comes back starts it. */
const start = () =>
  startBrink({
    stateDir,
    port,
    variables: {
      OPENAI_BASE_URL: model.url,
      OPENAI_MODEL: SIMULATED_MODEL,
      LIMITS: "off",
      ...(postgres !== undefined && { DATABASE_URL: postgres.url }),
    },
  });

beforeAll(async () => {
  model = await startSimulatedLlm();
  postgres = hasPostgres ? await createPostgres() : undefined;
  stateDir = mkdtempSync(join(tmpdir(), "brink-e2e-"));
  port = await freePort();
  brink = await start();
});

afterAll(async () => {
  await brink?.stop();
  await Promise.all([model?.close(), postgres?.drop()]);
  rmSync(stateDir, { recursive: true, force: true });
});

const crashes: Record<string, () => Promise<void>> = {
  "SIGKILL of workerd": async () => kill(brink.workerdPid(), "SIGKILL"),
  "SIGKILL of the whole tree": async () => {
    const client = await createGuest(brink.url);
    const { conversationId, generationId, reader } = begin(client);
    await reader.reaches(100);
    reader.leave();
    abandoned = { client, conversationId, generationId };
    await brink.killTree();
    brink = await start();
  },
  "SIGTERM to npm": async () => {
    await brink.stop();
    brink = await start();
  },
};

describe.each(Object.keys(crashes))("%s in mid-answer", (name) => {
  const crash = crashes[name] ?? (() => Promise.reject(new Error(name)));

  test("the reader ends as interrupted with the stored text, and the conversation goes on (promise 7)", async () => {
    const client = await createGuest(brink.url);
    const { conversationId, generationId, reader } = begin(client);
    await reader.reaches(300);
    const crashedAt = performance.now();
    await crash();
    const backAt = performance.now();
    const end = await reader.end;
    expect(performance.now() - backAt).toBeLessThan(CONVERGE_MS);
    expect(end).toMatchObject({ state: "interrupted", error: { code: "crashed" } });
    expect(reader.faults).toEqual([]);
    expect(expectedText(PACED).startsWith(reader.text)).toBe(true);
    expect(reader.text.length).toBeGreaterThanOrEqual(shownBefore(reader, crashedAt - LOST_MS));

    const { messages, live } = await client.snapshot(conversationId);
    expect(live).toBeNull();
    expect(messages[1]).toMatchObject({ state: "interrupted", text: reader.text, generationId });
    const late = startReader({ client, conversationId, generationId });
    expect(await late.end).toEqual(end);
    expect(late.text).toBe(reader.text);

    const next = await readStream(await client.send(conversationId, { id: newId(), text: "Go on.", model: QUICK }));
    expect([next.text, next.end?.state]).toEqual([expectedText(QUICK), "complete"]);
  });
});

test("a crash before the first word is not shown at all: the answer comes, from a second call (promises 5, 7)", async () => {
  const client = await createGuest(brink.url);
  const slowToSpeak = `${SIMULATED_MODEL}:first=2000,rate=500,tokens=60`;
  const { conversationId, reader } = begin(client, slowToSpeak, "Think first.");
  await expect.poll(() => requestsOf("Think first.")).toBe(1);
  kill(brink.workerdPid(), "SIGKILL");
  expect(await reader.end).toMatchObject({ state: "complete" });
  expect(reader.text).toBe(expectedText(slowToSpeak));
  expect((await client.snapshot(conversationId)).messages[1]?.text).toBe(reader.text);
  expect(requestsOf("Think first.")).toBe(2);
});

test("text that was shown more than a second before a crash outlives it, also where the model then fell silent (promise 8)", async () => {
  const client = await createGuest(brink.url);
  const silent = `${SIMULATED_MODEL}:first=100,rate=50,tokens=100,fault=stall@5`;
  const { reader } = begin(client, silent);
  const shown = expectedText(silent);
  await reader.reaches(shown.length);
  // The crash is to come at a certain age of the text: waiting for it is what is tested.
  await new Promise((resolve) => setTimeout(resolve, LOST_MS + 300));
  kill(brink.workerdPid(), "SIGKILL");
  expect(await reader.end).toMatchObject({ state: "interrupted", length: shown.length });
  expect(reader.text).toBe(shown);
});

test("every message that was acknowledged before the whole tree was killed is there after it (promise 8)", async () => {
  const client = await createGuest(brink.url);
  const acknowledged: { conversationId: string; id: string }[] = [];
  const over = new AbortController();
  const sender = async () => {
    while (!over.signal.aborted) {
      const [conversationId, id] = [newId(), newId()];
      await client.post(conversationId, { id, text: `Message ${id}.`, model: QUICK });
      acknowledged.push({ conversationId, id });
    }
  };
  const senders = [1, 2, 3, 4].map(() => sender().catch(() => undefined));
  await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(40);
  await brink.killTree();
  over.abort();
  await Promise.all(senders);
  brink = await start();
  for (const { conversationId, id } of acknowledged) {
    const { messages } = await client.snapshot(conversationId);
    expect(messages[0]).toMatchObject({ id, text: `Message ${id}.` });
  }
});

describe.skipIf(!hasPostgres)(`in Postgres${skipReason}`, () => {
  test("an answer that was cut off by a crash is told to Postgres without anybody asking for it (promise 10)", async () => {
    const { generationId, conversationId, client } = abandoned ?? {};
    const stored = () =>
      postgres?.query("SELECT state, text FROM messages WHERE generation_id = $1 AND role = 'assistant'", [
        generationId,
      ]);
    await expect.poll(async () => (await stored())?.[0]?.["state"], { timeout: CONVERGE_MS }).toBe("interrupted");
    const messages = (await client?.snapshot(conversationId ?? ""))?.messages;
    expect(await stored()).toEqual([{ state: "interrupted", text: messages?.[1]?.text }]);
  });
});

function begin(client: ApiClient, model = PACED, text = "Tell me much.") {
  const [conversationId, generationId] = [newId(), newId()];
  const first = client.send(conversationId, { id: generationId, text, model });
  return { conversationId, generationId, reader: startReader({ client, conversationId, generationId, first }) };
}

function shownBefore({ growth }: Reader, at: number): number {
  return growth.findLast((moment) => moment.at <= at)?.length ?? 0;
}

function requestsOf(text: string): number {
  return model.requests().filter(({ lastUserText }) => lastUserText === text).length;
}

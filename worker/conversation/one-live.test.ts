// Many tabs that start something at the same moment: one answer is written, and the others are told which.

import { expect, test } from "vitest";
import { type ApiClient, newId, problemOf, readStream } from "../../dev/api-client.ts";
import { FAST, guest } from "../test-client.ts";
import { requestsFor } from "../test-model.ts";

/** Starts them all at once; all but one are refused as busy with that one. */
async function race(ids: string[], start: (id: string) => Promise<Response>): Promise<string> {
  const responses = await Promise.all(ids.map(start));
  const winners = ids.filter((_, index) => responses[index]?.ok);
  expect(winners).toHaveLength(1);
  const [winner = ""] = winners;
  for (const response of responses) {
    if (response.ok) expect((await readStream(response)).end?.state).toBe("complete");
    else {
      expect(response.headers.get("Retry-After")).toBe("1");
      expect(await problemOf(response)).toMatchObject({ code: "busy", generationId: winner, retryAfterMs: 1_000 });
    }
  }
  return winner;
}

const ids = () => Array.from({ length: 8 }, newId);
const generate = (client: ApiClient, cid: string, body: Record<string, unknown>) =>
  client.callJson("POST", `/api/conversations/${cid}/generations`, body);

test("of different messages sent at once one is answered, in a new conversation and in an old one (promises 4, 5)", async () => {
  const client = await guest();
  const cid = newId();
  const text = `race ${cid}`;
  for (let round = 1; round <= 2; round++) {
    const winner = await race(ids(), (id) => client.send(cid, { id, text, model: FAST }));
    const { messages, live } = await client.snapshot(cid);
    expect(live).toBeNull();
    expect(messages).toHaveLength(round * 2);
    expect(messages.at(-1)?.generationId).toBe(winner);
    // Refused before anything was asked of the model.
    expect(await requestsFor(text)).toHaveLength(round);
  }
});

test("of regenerations, continuations and messages at once one is answered (promise 4)", async () => {
  const client = await guest();
  const cid = newId();
  await race([newId()], (id) => client.send(cid, { id, text: "begin", model: FAST }));
  const messageId = (await client.snapshot(cid)).activeLeafId;
  const all = ids();
  await race(all, (id) => {
    const kind = all.indexOf(id) % 3;
    if (kind === 0) return client.send(cid, { id, text: "another", model: FAST });
    return generate(client, cid, { id, messageId, kind: kind === 1 ? "regenerate" : "continue", model: FAST });
  });
  const { messages } = await client.snapshot(cid);
  expect(messages.every(({ state }) => state === undefined || state === "complete")).toBe(true);
});

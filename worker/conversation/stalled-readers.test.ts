// A reader that never reads: it costs its cursor, slows nobody, and loses nothing should it read after all.

import { expect, test } from "vitest";
import { newId, readStream } from "../../dev/api-client.ts";
import { guest, model } from "../test-client.ts";
import { AnswerLog, type Position } from "./answer-log.ts";
import { MAX_READERS, Readers } from "./readers.ts";

const start = { generationId: newId(), messageId: newId(), userMessageId: newId(), model: "m", cached: false };
const CHUNK_BYTES = 65_536 + 3 * 16_384; // By the contract's bounds: what one read may hand over, plus one frame.

/** A log that counts how often readers come for bytes. */
class WatchedLog extends AnswerLog {
  reads = 0;

  override read(position: Position) {
    this.reads++;
    return super.read(position);
  }
}

test("nothing is made ready for a reader that does not read, however much there is (promise 11)", async () => {
  const log = new WatchedLog(start, 1, [], []);
  const readers = new Readers(() => 0);
  const streams = Array.from({ length: MAX_READERS }, () => readers.open(log, null));
  for (let megabyte = 0; megabyte < 1; megabyte += 2 ** -6) log.append({ part: 0, text: "x".repeat(2 ** 14) });
  await Promise.resolve();
  expect(log.reads).toBe(0);
  // It is called for once: it gets one bounded piece, and no more is taken until it asks again.
  const reader = streams[0]?.getReader();
  const first = await reader?.read();
  expect(first?.value?.byteLength).toBeGreaterThan(60_000);
  expect(first?.value?.byteLength).toBeLessThanOrEqual(CHUNK_BYTES);
  const { reads } = log;
  log.append({ part: 0, text: "more" });
  await Promise.resolve();
  expect(log.reads).toBe(reads);
  expect(readers.open(log, null)).toBeNull();
});

test("beside readers that never read, the others get a long answer whole, and a late one after them (promises 1, 11)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  await client.post(cid, { id, text: "long", model: model("first=50,rate=0,tokens=20000,text=unicode") });
  const stalled = await Promise.all(Array.from({ length: 5 }, () => client.attach(cid, id)));
  const followed = await Promise.all(Array.from({ length: 5 }, async () => readStream(await client.attach(cid, id))));
  const stored = (await client.snapshot(cid)).messages[1]?.text;
  expect(stored?.length).toBeGreaterThan(40_000);
  for (const { text, end } of followed) {
    expect(end?.state).toBe("complete");
    expect(text === stored).toBe(true);
  }
  for (const response of stalled) expect((await readStream(response)).text === stored).toBe(true);
});

test("whoever starts an answer is let in, and makes room where somebody took nothing for a minute (promise 11)", async () => {
  let now = 0;
  const readers = new Readers(() => now);
  const log = new AnswerLog(start, 1, [], []);
  const streams = Array.from({ length: MAX_READERS }, () => readers.open(log, null));
  expect(readers.open(log, null, true)).not.toBeNull();
  now = 61_000;
  expect(readers.open(log, null, true)).not.toBeNull();
  await expect(streams[0]?.getReader().read()).rejects.toThrow("took nothing");
});

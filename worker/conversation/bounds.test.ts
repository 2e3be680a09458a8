// What is large, through the public API: long answers, long histories, and what storage they take.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newId, readStream } from "../../dev/api-client.ts";
import { MAX_ANSWER_LENGTH, MAX_TEXT_LENGTH } from "../../protocol/api.ts";
import { formatCursor } from "../../protocol/cursor.ts";
import { FAST, guest, model } from "../test-client.ts";
import { RUN_LENGTH } from "./schema.ts";

const objectOf = (conversationId: string) => env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(conversationId));

test("a long answer is stored in several runs, and reads the same from anywhere, in frames of at most 16,384 units", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const live = await readStream(
    await client.send(cid, { id, text: "long", model: model("first=1,rate=0,tokens=110000") }),
  );
  expect(live.end).toMatchObject({ state: "complete", length: live.text.length });
  expect(live.text.length).toBeGreaterThan(2 * RUN_LENGTH);
  const runs = await runInDurableObject(objectOf(cid), (_, { storage }) =>
    storage.sql.exec("select length(body) as length from ledger where part = 0 or length is not null").toArray(),
  );
  expect(runs.length).toBeGreaterThan(2);
  for (const { length } of runs) expect(Number(length)).toBeLessThan(RUN_LENGTH + 70_000);
  const again = await readStream(await client.attach(cid, id));
  expect(again.text).toBe(live.text);
  for (const event of again.events)
    if (event.event === "delta") expect(event.data.text.length).toBeLessThanOrEqual(16_384);
  const from = live.text.length - 5;
  const tail = await readStream(await client.attach(cid, id, formatCursor(id, 1, from)));
  expect(tail.events[1]).toMatchObject({ event: "delta", data: { offset: from, text: live.text.slice(from) } });
});

test("an answer is kept up to its longest length, and says that it was cut", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const { end, text } = await readStream(
    await client.send(cid, { id, text: "endless", model: model("first=1,rate=0,tokens=300000") }),
  );
  expect(end).toMatchObject({ state: "failed", error: { code: "answer_too_long" }, length: text.length });
  expect(text.length).toBeLessThanOrEqual(MAX_ANSWER_LENGTH);
  expect(text.length).toBeGreaterThan(MAX_ANSWER_LENGTH - 2);
  expect(text.isWellFormed()).toBe(true);
  expect((await client.snapshot(cid)).messages[1]?.text).toBe(text);
}, 60_000);

test("the longest text goes in, counted in UTF-16 units", async () => {
  const client = await guest();
  const cid = newId();
  const text = "😀".repeat(MAX_TEXT_LENGTH / 2);
  expect((await client.send(cid, { id: newId(), text, model: FAST })).status).toBe(200);
  expect((await client.snapshot(cid)).messages[0]?.text).toBe(text);
  expect((await client.send(newId(), { id: newId(), text: `${text}x`, model: FAST })).status).toBe(413);
});

test("a page of the snapshot is bounded by what it weighs, and goes on where it ended", async () => {
  const client = await guest();
  const cid = newId();
  const heavy = model("first=1,rate=0,tokens=200000");
  for (let turn = 0; turn < 5; turn++) {
    await readStream(await client.send(cid, { id: newId(), text: `turn ${turn}`, parentId: null, model: heavy }));
  }
  const first = await client.snapshot(cid);
  expect(first.messages.length).toBeLessThan(10);
  const rest = await client.snapshot(cid, `?before=${first.nextBefore}`);
  expect([...rest.messages, ...first.messages].map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
}, 60_000);

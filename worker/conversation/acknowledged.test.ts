// What was acknowledged, a message or a stop, outlives a crash that comes at once.

import { abortAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import { follow, newId, readStream } from "../../dev/api-client.ts";
import { FAST, guest, model, SLOW } from "../test-client.ts";
import { requestsFor } from "../test-model.ts";

test("a message that was answered with 202 or 200 outlives a crash that follows at once (promises 7, 8)", async () => {
  const client = await guest();
  for (let crash = 0; crash < 6; crash++) {
    const [cid, id] = [newId(), newId()];
    const body = { id, text: `kept ${id}`, model: FAST };
    if (crash % 2 === 0) await client.post(cid, body);
    else expect((await client.send(cid, body)).status).toBe(200);
    await abortAllDurableObjects();
    const { end, text } = await follow(client, cid, id);
    expect(["complete", "interrupted"]).toContain(end?.state);
    const { messages, live } = await client.snapshot(cid);
    expect(live).toBeNull();
    expect(messages.map((message) => message.text)).toEqual([body.text, text]);
  }
});

test("a stop that was answered outlives a crash that follows at once, before the first word and after (promise 6)", async () => {
  const client = await guest();
  for (const scenario of [model("first=60000,rate=10,tokens=5"), SLOW]) {
    const [cid, id] = [newId(), newId()];
    const text = `stopped ${id}`;
    await client.post(cid, { id, text, model: scenario });
    if (scenario === SLOW) await readStream(await client.attach(cid, id), undefined, (seen) => seen.length > 30);
    const stopped = await client.stop(cid, id);
    await abortAllDurableObjects();
    expect(await client.stop(cid, id)).toEqual(stopped);
    const { end, text: stored } = await follow(client, cid, id);
    expect(end).toMatchObject({ state: "stopped", length: stopped.length });
    expect((await client.snapshot(cid)).messages[1]).toMatchObject({ text: stored, state: "stopped" });
    expect(await requestsFor(text)).toHaveLength(1);
  }
});

test("two crashes in one answer show no rev twice: what changed is never called unchanged (promises 8, 9)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  await client.post(cid, { id, text: "crashed twice", model: model("first=1500,rate=50,tokens=200") });
  await abortAllDurableObjects(); // Before its first word: it begins again.
  await client.snapshot(cid);
  await readStream(await client.attach(cid, id), undefined, (seen) => seen.length > 0);
  const before = await client.snapshot(cid);
  expect(before.live?.state).toBe("streaming");
  await abortAllDurableObjects();
  const after = await client.snapshot(cid);
  expect(after.messages[1]?.state).toBe("interrupted");
  expect(after.rev).toBeGreaterThan(before.rev);
});

test("a reader leaving ends nothing: an answer that nobody reads is written to its end (promise 6)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const leaving = new AbortController();
  const response = await client.send(
    cid,
    { id, text: "left", model: model("first=5,rate=300,tokens=120") },
    leaving.signal,
  );
  await readStream(response, undefined, (seen) => seen.length > 10);
  leaving.abort();
  await expect.poll(async () => (await client.snapshot(cid)).live, { timeout: 10_000 }).toBeNull();
  expect((await client.snapshot(cid)).messages[1]).toMatchObject({ state: "complete", finishReason: "stop" });
});

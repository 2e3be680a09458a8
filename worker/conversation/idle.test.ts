// A conversation in which nothing happens costs nothing, and one that was only asked for is not there at all.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newId, readStream } from "../../dev/api-client.ts";
import { FAST, guest, model } from "../test-client.ts";
import { requestsFor } from "../test-model.ts";

const objectOf = (conversationId: string) => env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(conversationId));
const alarmOf = (conversationId: string) =>
  runInDurableObject(objectOf(conversationId), (_, { storage }) => storage.getAlarm());

/** The timers of this isolate that have neither fired nor been called off. */
const ticking = new Set<unknown>();
const { setTimeout: realTimeout, clearTimeout: realClear, setInterval: realInterval } = globalThis;
Object.assign(globalThis, {
  setTimeout: (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const timer = realTimeout(() => {
      ticking.delete(timer);
      run(...args);
    }, ms);
    ticking.add(timer);
    return timer;
  },
  setInterval: (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const timer = realInterval(run, ms, ...args);
    ticking.add(timer);
    return timer;
  },
  // One clock has both kinds of timers, so either call ends either kind.
  clearTimeout: (timer: number | null) => (ticking.delete(timer), realClear(timer)),
  clearInterval: (timer: number | null) => (ticking.delete(timer), realClear(timer)),
});

test("while an answer is written there is an alarm and a timer, so that their absence means something", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  await client.post(cid, { id, text: "busy", model: model("first=20,rate=20,tokens=400") });
  expect(await alarmOf(cid)).toBeGreaterThan(Date.now());
  expect(ticking.size).toBeGreaterThan(0);
  await client.stop(cid, id);
});

const ways: [string, string][] = [
  ["complete", FAST],
  ["failed", model("first=5,rate=1000,tokens=20,fault=cut@5")],
  ["failed", model("first=5,fault=status-400")],
  ["stopped", model("first=20,rate=50,tokens=200")],
];

test("after any end and the last payment there is no alarm, no timer and no open line (promise 12)", async () => {
  const client = await guest();
  for (const [state, scenario] of ways) {
    const [cid, id] = [newId(), newId()];
    const text = `idle ${id}`;
    const response = await client.send(cid, { id, text, model: scenario });
    if (state === "stopped") {
      await readStream(await client.attach(cid, id), undefined, (seen) => seen.length > 20);
      await client.stop(cid, id);
    }
    expect((await readStream(response)).end?.state, scenario).toBe(state);
    await expect.poll(() => alarmOf(cid), { message: scenario }).toBeNull();
    await expect.poll(async () => (await requestsFor(text)).every(({ closedAt }) => closedAt !== undefined)).toBe(true);
    await expect.poll(() => ticking.size, { message: scenario }).toBe(0);
  }
});

test("a tab that only listens keeps no timer either: its bell sleeps (promise 12)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  await readStream(await client.send(cid, { id, text: "bell", model: FAST }));
  const { webSocket } = await client.call(`/api/conversations/${cid}/bell`, {
    headers: { Upgrade: "websocket", Origin: "http://127.0.0.1" },
  });
  webSocket?.accept();
  await expect.poll(() => alarmOf(cid)).toBeNull();
  await expect.poll(() => ticking.size).toBe(0);
  // Taken over by the platform, so that the object may leave memory under it.
  const held = await runInDurableObject(objectOf(cid), (_, state) => state.getWebSockets().length);
  expect(held).toBe(1);
  webSocket?.close();
});

test("an id that was only asked for has no tables and no alarm, whatever was asked (promise 12)", async () => {
  const client = await guest();
  const cid = newId();
  const path = `/api/conversations/${cid}`;
  const json = { method: "POST", headers: { "Content-Type": "application/json" } };
  const asked = await Promise.all([
    client.call(path),
    client.call(path, { method: "DELETE" }),
    client.callJson("PATCH", path, { title: "x" }),
    client.attach(cid, newId()),
    client.call(`${path}/generations/${newId()}/stop`, { method: "POST" }),
    client.call(`${path}/generations`, {
      ...json,
      body: JSON.stringify({ id: newId(), messageId: newId(), kind: "continue" }),
    }),
    client.send(cid, { id: newId(), text: "x", parentId: newId() }),
    client.send(cid, { id: newId(), text: "x", model: "unknown" }),
  ]);
  expect(asked.every(({ status }) => status === 404 || status === 400)).toBe(true);
  const stored = await runInDurableObject(objectOf(cid), async (_, { storage }) => ({
    tables: storage.sql.exec("select name from sqlite_master where name not like '\\_cf%' escape '\\'").toArray(),
    alarm: await storage.getAlarm(),
  }));
  expect(stored).toEqual({ tables: [], alarm: null });
});

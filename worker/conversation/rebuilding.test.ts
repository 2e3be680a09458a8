// What becomes of a conversation when storage or Postgres goes away, and when they come back.

import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { type ApiClient, newId, problemOf, readStream } from "../../dev/api-client.ts";
import { formatCursor } from "../../protocol/cursor.ts";
import { createId } from "../../protocol/id.ts";
import { createDatabase } from "../postgres/client.ts";
import { messages, usage } from "../postgres/schema.ts";
import { eq } from "drizzle-orm";
import { FAST, guest, model, SLOW } from "../test-client.ts";

const database = createDatabase({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT });
const objectOf = (conversationId: string) => env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(conversationId));

/** Everything in the object's storage is gone, and so is the object. */
async function lose(conversationId: string): Promise<void> {
  await runInDurableObject(objectOf(conversationId), (_, { storage }) => storage.deleteAll());
  await abortAllDurableObjects();
}

const storedStates = async (cid: string) =>
  (await database.select().from(messages).where(eq(messages.conversationId, cid)))
    .map(({ state, role }) => `${role} ${state}`)
    .sort();

async function converse(client: ApiClient) {
  const [cid, first, second, gid] = [newId(), newId(), newId(), newId()];
  await readStream(
    await client.send(cid, { id: first, text: "one", model: model("first=5,rate=1000,tokens=20,reasoning=10") }),
  );
  const answerId = (await client.snapshot(cid)).messages[1]?.id ?? "";
  await readStream(
    await client.send(cid, { id: second, text: "two 😀", model: model("first=5,rate=2000,tokens=40,text=unicode") }),
  );
  const other = { id: gid, messageId: answerId, kind: "regenerate", model: FAST };
  await readStream(await client.callJson("POST", `/api/conversations/${cid}/generations`, other));
  await client.callJson("PATCH", `/api/conversations/${cid}`, {
    title: "kept",
    system: "be kind",
    pinned: true,
    activeLeafId: answerId,
  });
  await expect.poll(() => storedStates(cid)).toHaveLength(5);
  return { cid, first, second, gid };
}

test("a conversation whose storage was cleared is rebuilt on open: tree, parts, ends, title and branch (promises 1, 3)", async () => {
  const client = await guest();
  const { cid, first, second } = await converse(client);
  const before = await client.snapshot(cid);
  const streams = await Promise.all([first, second].map(async (id) => readStream(await client.attach(cid, id))));
  await lose(cid);
  const after = await client.snapshot(cid);
  expect(after).toEqual(before);
  for (const [index, id] of [first, second].entries()) {
    const replay = await readStream(await client.attach(cid, id));
    expect(replay.transcript.log).toEqual(streams[index]?.transcript.log);
    expect(replay.end).toEqual(streams[index]?.end);
  }
  const length = streams[1]?.end?.length ?? 0;
  const tail = await readStream(await client.attach(cid, second, formatCursor(second, 1, length - 4)));
  expect(tail.events[1]).toMatchObject({ event: "delta", data: { offset: length - 4 } });
  const next = newId();
  expect((await readStream(await client.send(cid, { id: next, text: "three", model: FAST }))).end?.state).toBe(
    "complete",
  );
  await expect.poll(() => storedStates(cid)).toHaveLength(7);
});

test("a lost conversation is found by a reader, a send with a parent, a rename and a deletion too", async () => {
  const client = await guest();
  const ways: ((cid: string, id: string, leaf: string) => Promise<Response>)[] = [
    (cid, id) => client.attach(cid, id),
    (cid, _, leaf) => client.send(cid, { id: newId(), text: "on", parentId: leaf, model: FAST }),
    (cid) => client.callJson("PATCH", `/api/conversations/${cid}`, { title: "renamed" }),
    (cid, id) => client.call(`/api/conversations/${cid}/generations/${id}/stop`, { method: "POST" }),
    (cid, _, leaf) =>
      client.callJson("POST", `/api/conversations/${cid}/generations`, {
        id: newId(),
        messageId: leaf,
        kind: "regenerate",
        model: FAST,
      }),
    (cid) => client.call(`/api/conversations/${cid}`, { method: "DELETE" }),
  ];
  for (const way of ways) {
    const [cid, id] = [newId(), newId()];
    await readStream(await client.send(cid, { id, text: "one", model: FAST }));
    const leaf = (await client.snapshot(cid)).activeLeafId ?? "";
    await expect.poll(() => storedStates(cid)).toHaveLength(2);
    await lose(cid);
    const response = await way(cid, id, leaf);
    expect(response.ok, String(way)).toBe(true);
    await response.text();
  }
});

test("a lost fork is not begun anew by the request that made it, nor is one that was deleted", async () => {
  const client = await guest();
  const { cid } = await converse(client);
  const messageId = (await client.snapshot(cid)).messages[1]?.id ?? "";
  const old = createId(Date.now() - 3_600_000, crypto.getRandomValues(new Uint8Array(16)));
  const fork = () => client.callJson("POST", `/api/conversations/${cid}/forks`, { id: old, messageId });
  expect((await fork()).status).toBe(201);
  await readStream(await client.send(old, { id: newId(), text: "on", model: FAST }));
  await expect.poll(() => storedStates(old)).toHaveLength(4);
  const before = await client.snapshot(old);
  await lose(old);
  expect((await fork()).status).toBe(201);
  expect(await client.snapshot(old)).toEqual(before);
  await client.call(`/api/conversations/${old}`, { method: "DELETE" });
  await expect.poll(() => storedStates(old)).toHaveLength(0);
  await lose(old);
  expect((await fork()).status).toBe(404);
});

test("a send that a lost conversation holds is answered by it whatever the limits say (promise 5)", async () => {
  const client = await guest();
  const [cid, id] = [createId(Date.now() - 3_600_000, crypto.getRandomValues(new Uint8Array(16))), newId()];
  const ask = () => client.send(cid, { id, text: "one", model: FAST });
  const first = await readStream(await ask());
  await expect.poll(() => storedStates(cid)).toHaveLength(2);
  // As many as one may have at once: the next is refused.
  const busy = () =>
    client.callJson(
      "POST",
      `/api/conversations/${newId()}/messages`,
      { id: newId(), text: "x", model: SLOW },
      { Accept: "application/json" },
    );
  const statuses = [(await busy()).status, (await busy()).status, (await busy()).status, (await busy()).status];
  expect(statuses).toEqual([202, 202, 202, 429]);
  await lose(cid);
  const again = await ask();
  expect(again.status).toBe(200);
  expect((await readStream(again)).text).toBe(first.text);
});

test("nobody else can have a lost conversation rebuilt (promise 13)", async () => {
  const [owner, stranger] = [await guest(), await guest()];
  const [cid, id] = [newId(), newId()];
  await readStream(await owner.send(cid, { id, text: "mine", model: FAST }));
  await expect.poll(() => storedStates(cid)).toHaveLength(2);
  await lose(cid);
  expect((await problemOf(await stranger.call(`/api/conversations/${cid}`))).code).toBe("not_found");
  expect((await owner.snapshot(cid)).messages).toHaveLength(2);
});

/** An id that was made an hour ago: one that could have been lost. */
const oldId = () => createId(Date.now() - 3_600_000, crypto.getRandomValues(new Uint8Array(16)));

test("an ordinary send finds a lost conversation too, and hangs where it left off (promise 13)", async () => {
  const client = await guest();
  const [cid, first] = [oldId(), newId()];
  await readStream(await client.send(cid, { id: first, text: "one", model: FAST }));
  const before = await client.snapshot(cid);
  await expect.poll(() => storedStates(cid)).toHaveLength(2);
  await lose(cid);
  const second = newId();
  await readStream(await client.send(cid, { id: second, text: "two", model: FAST }));
  const after = await client.snapshot(cid);
  expect(after.messages.slice(0, 2)).toEqual(before.messages);
  expect(after.messages[2]).toMatchObject({ id: second, parentId: before.activeLeafId, seq: 3 });
  await lose(cid);
  const stranger = await guest();
  expect((await problemOf(await stranger.send(cid, { id: newId(), text: "mine now", model: FAST }))).code).toBe(
    "not_found",
  );
});

test("a deleted conversation's id takes no send, even when its object has forgotten it", async () => {
  const client = await guest();
  const cid = oldId();
  await readStream(await client.send(cid, { id: newId(), text: "one", model: FAST }));
  await client.call(`/api/conversations/${cid}`, { method: "DELETE" });
  await lose(cid);
  const send = await client.send(cid, { id: newId(), text: "again", model: FAST });
  expect((await problemOf(send)).code).toBe("not_found");
});

test("a continued answer's generations, all of them, survive a loss and a fork, and each is billed", async () => {
  const client = await guest();
  const [cid, id, gid] = [newId(), newId(), newId()];
  await client.post(cid, { id, text: "begin", model: model("first=5,rate=100,tokens=200") });
  await readStream(await client.attach(cid, id), undefined, (seen) => seen.length > 50);
  await client.stop(cid, id);
  const messageId = (await client.snapshot(cid)).activeLeafId ?? "";
  const body = { id: gid, messageId, kind: "continue", model: FAST };
  const more = await readStream(await client.callJson("POST", `/api/conversations/${cid}/generations`, body));
  const early = await readStream(await client.attach(cid, id));
  const billed = () => database.select().from(usage).where(eq(usage.conversationId, cid));
  await expect
    .poll(async () => (await billed()).map(({ generationId }) => generationId).sort())
    .toEqual([id, gid].sort());
  expect((await billed()).find(({ generationId }) => generationId === id)).toMatchObject({ inputTokens: null });
  const fork = newId();
  await client.callJson("POST", `/api/conversations/${cid}/forks`, { id: fork, messageId });
  await lose(cid);
  for (const conversation of [cid, fork]) {
    const again = await readStream(await client.attach(conversation, gid));
    // An answer is billed where it was given, so a fork's says nothing of its use.
    const { usage: _, ...end } = more.end ?? {};
    expect([again.text, again.end]).toEqual([more.text, conversation === cid ? more.end : end]);
    const first = await readStream(await client.attach(conversation, id));
    expect([first.text, first.end]).toEqual([early.text, early.end]);
  }
  expect((await readStream(await client.send(cid, { id, text: "begin" }))).text).toBe(early.text);
  const repeated = await readStream(await client.callJson("POST", `/api/conversations/${cid}/generations`, body));
  expect(repeated.end).toEqual(more.end);
});

test("what was deleted is not rebuilt", async () => {
  const client = await guest();
  const { cid } = await converse(client);
  expect((await client.call(`/api/conversations/${cid}`, { method: "DELETE" })).status).toBe(204);
  await lose(cid);
  expect((await client.call(`/api/conversations/${cid}`)).status).toBe(404);
  expect(await storedStates(cid)).toEqual([]);
});

test("a row that Postgres refuses is tried five times, set aside, and blocks nobody (promise 10)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  await readStream(await client.send(cid, { id, text: "fine", model: FAST }));
  await expect.poll(() => storedStates(cid)).toHaveLength(2);
  // What no parser lets in any more: a row of an older version, with a character that Postgres refuses.
  await runInDurableObject(objectOf(cid), (_, { storage }) => {
    storage.sql.exec(
      `update ledger set body = 'bad' || char(0) || 'bad', record = json_set(record, '$.rev',
       (select record ->> 'rev' + 1 from ledger where key = 0)) where id is not null and length is null`,
    );
    storage.sql.exec(
      "update ledger set record = json_set(record, '$.rev', (record ->> 'rev') + 1, '$.owedFrom', 1) where key = 0",
    );
  });
  await abortAllDurableObjects();
  for (let tries = 1; tries <= 5; tries++) {
    await runInDurableObject(objectOf(cid), (_, { storage }) => storage.setAlarm(Date.now() + 3_600_000));
    expect(await runDurableObjectAlarm(objectOf(cid))).toBe(true);
    const refused = await runInDurableObject(
      objectOf(cid),
      (_, { storage }) =>
        storage.sql
          .exec("select record ->> 'refusedTries' as n from ledger where id is not null and length is null")
          .one()["n"],
    );
    expect(refused).toBe(tries);
    await abortAllDurableObjects();
  }
  await readStream(await client.send(cid, { id: newId(), text: "goes on", model: FAST }));
  await expect.poll(() => storedStates(cid)).toHaveLength(4);
});

// What older versions stored is taken up by this one, and goes on.

import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { follow, newId, readStream } from "../../dev/api-client.ts";
import { FAST, guest, SLOW } from "../test-client.ts";
import { KEYS_PER_MESSAGE } from "./schema.ts";

const objectOf = (conversationId: string) => env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(conversationId));

/** As it stood until November 2026: a table for messages, with a column for each field, and one for the runs of logs. */
const TABLES = `
create table message (
  seq integer primary key, id text not null unique, parent_seq integer, role text not null, text text not null,
  state text, model text, generation_id text, attempt integer, keeps text, base integer, length integer,
  started_at integer, finish_reason text, error text, input_tokens integer, output_tokens integer, cost_usd real,
  cached integer not null default 0, params text, rev integer not null, refused_tries integer not null default 0,
  created_at integer not null
);
create table segment (key integer primary key, part integer, body text not null);
insert into message
select key / ${KEYS_PER_MESSAGE}, id, parent, iif(length is null, 'user', 'assistant'), iif(length is null, body, ''),
  record ->> '$.generation.state', record ->> '$.model', record ->> '$.generation.id', record ->> '$.generation.attempt',
  record -> '$.generation.keeps', record ->> '$.generation.base', record ->> '$.generation.length',
  record ->> '$.generation.startedAt', record ->> '$.generation.finishReason', record ->> '$.generation.error',
  record ->> '$.generation.usage.inputTokens', record ->> '$.generation.usage.outputTokens', record ->> '$.costUsd',
  coalesce(record ->> '$.isCached', 0), record -> '$.params', record ->> '$.rev', 0, record ->> '$.createdAt'
from ledger where id is not null;
insert into segment select key - 1, part, body from ledger where key > 0 and id is null
union all select key, 0, body from ledger where length is not null and body <> '';`;

const JSON_ROW = `
create table conversation (one integer primary key check (one = 1), record text not null);
insert into conversation select 1, record from ledger where key = 0;`;

/** And before that, for the conversation's own row too. */
const COLUMNS = `
create table conversation (
  one integer primary key check (one = 1), version integer not null default 1, id text not null, owner text not null,
  owner_kind text not null, title text not null, model text not null, system text, pinned integer not null default 0,
  archived integer not null default 0, active_leaf integer, live_seq integer, rev integer not null,
  synced_rev integer not null default 0, owed_from integer, owed_tries integer not null default 0,
  next_seq integer not null, created_at integer not null, updated_at integer not null, deleted_at integer
);
insert into conversation
select 1, 1, record ->> 'id', record ->> 'owner', record ->> 'ownerKind', record ->> 'title', record ->> 'model',
  record ->> 'system', record ->> 'pinned', record ->> 'archived', record ->> 'activeLeaf', record ->> 'liveSeq',
  record ->> 'rev', record ->> 'syncedRev', record ->> 'owedFrom', record ->> 'owedTries', record ->> 'nextSeq',
  record ->> 'createdAt', record ->> 'updatedAt', record ->> 'deletedAt' from ledger where key = 0;`;

const tables = [
  ["with a column for each field", TABLES + COLUMNS],
  ["with the conversation as JSON", TABLES + JSON_ROW],
] as const;

/** And after that: one table, in which an answer's log had none but rows behind its own. */
const ONE_TABLE = `
create table entry (
  key integer primary key, id text, parent integer, length integer, writer text, part integer, body text, record text
);
insert into entry select key, id, parent, length, writer, part, iif(length is null, body, null), record from ledger;
insert into entry (key, part, body) select key + 1, 0, body from ledger where length is not null and body <> '';`;

const layouts = [...tables, ["with every run in a row of its own", ONE_TABLE]] as const;

/** Puts a conversation back into an older layout, as if that version had stored it, and ends its life. */
async function turnBack(conversationId: string, layout: string): Promise<void> {
  const names = await tablesOf(conversationId);
  await runInDurableObject(objectOf(conversationId), (_, { storage: { sql } }) => {
    sql.exec(`${layout} drop table ledger;`);
    if (names.includes("continuation")) sql.exec("alter table continuation rename to generation");
  });
  await abortAllDurableObjects();
}

const tablesOf = (conversationId: string) =>
  runInDurableObject(objectOf(conversationId), (_, { storage: { sql } }) =>
    sql
      .exec("select name from sqlite_master where type = 'table' and name not like '%cf%' order by name")
      .toArray()
      .map(({ name }) => name),
  );

test.each(layouts)("a conversation of the version %s is converted when it is opened", async (_, layout) => {
  const client = await guest();
  const [cid, gid] = [newId(), newId()];
  await readStream(await client.send(cid, { id: newId(), text: "kept", model: FAST }));
  // A generation of a message that was continued, and a branch beside another.
  const messageId = (await client.snapshot(cid)).activeLeafId ?? "";
  const generations = `/api/conversations/${cid}/generations`;
  await readStream(await client.callJson("POST", generations, { id: gid, messageId, kind: "continue", model: FAST }));
  const beside = { id: newId(), messageId, kind: "regenerate", model: FAST };
  await readStream(await client.callJson("POST", generations, beside));
  await client.callJson("PATCH", `/api/conversations/${cid}`, { title: "Named", pinned: true, system: "Be brief" });
  const before = await client.snapshot(cid);
  const told = await readStream(await client.attach(cid, gid));
  await turnBack(cid, layout);

  expect(await client.snapshot(cid)).toEqual(before);
  expect(await tablesOf(cid)).toEqual(["continuation", "ledger"]);
  expect(await readStream(await client.attach(cid, gid))).toEqual(told);
  const { end } = await readStream(await client.send(cid, { id: newId(), text: "goes on", model: FAST }));
  expect(end?.state).toBe("complete");
  await abortAllDurableObjects();
  const after = await client.snapshot(cid);
  expect(after.messages.slice(0, before.messages.length)).toEqual(before.messages);
  expect(after.messages).toHaveLength(before.messages.length + 2);
  expect(after).toMatchObject({ title: "Named", system: "Be brief" });
  const item = await client.callJson("PATCH", `/api/conversations/${cid}`, { archived: true });
  expect(await item.json()).toMatchObject({ title: "Named", pinned: true, archived: true });
});

test.each(layouts)("an answer that the version %s was writing is taken up as interrupted", async (_, layout) => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const started = await client.send(cid, { id, text: "cut by a deploy", model: SLOW });
  const shown = await readStream(started, undefined, (seen) => seen.length > 20);
  await turnBack(cid, layout);
  const { text, end } = await follow(client, cid, id, shown.transcript);
  expect(end).toMatchObject({ state: "interrupted", length: text.length });
  expect((await client.snapshot(cid)).messages[1]).toMatchObject({ text, state: "interrupted" });
});

test.each(tables)("what the version %s had deleted stays deleted", async (_, layout) => {
  const client = await guest();
  const cid = newId();
  await readStream(await client.send(cid, { id: newId(), text: "gone", model: FAST }));
  await client.call(`/api/conversations/${cid}`, { method: "DELETE" });
  await turnBack(cid, `${layout} drop table message; drop table segment;`);
  expect((await client.call(`/api/conversations/${cid}`)).status).toBe(404);
  expect((await client.send(cid, { id: newId(), text: "again", model: FAST })).status).toBe(404);
  expect(await tablesOf(cid)).toEqual(["ledger"]);
});

// Written by hand: what is made by turning the new layout round would share its mistakes.
const ROWS = `
insert into message values
  (1, 'q1', null, 'user', 'first', null, null, null, null, null, null, null, null, null, null, null, null, null, 0, null, 1, 0, 1000),
  (2, 'a1', 1, 'assistant', '', 'complete', 'o4', 'q1', 2, '[0]', 0, 9, 1500, 'stop', null, 7, 3, 0.25, 1, '{"seed":4}', 2, 0, 1000),
  (5, 'q2', 2, 'user', 'second', null, null, null, null, null, null, null, null, null, null, null, null, null, 0, null, 3, 5, 2000),
  (6, 'a2', 5, 'assistant', '', 'failed', 'm', 'q2', 1, '[]', 0, 4, 2500, null, 'provider_truncated', null, null, null, 0, '{}', 4, 0, 2000);
insert into segment values (${2 * KEYS_PER_MESSAGE}, null, '{"type":"part","part":1,"kind":"reasoning"}'),
  (${2 * KEYS_PER_MESSAGE + 1}, 1, 'hm. '), (${2 * KEYS_PER_MESSAGE + 5}, 0, 'yes!'), (${6 * KEYS_PER_MESSAGE}, 0, 'half');`;

test("every field of an older row is where it belongs, and an older version that came back is believed", async () => {
  const client = await guest();
  const cid = newId();
  await readStream(await client.send(cid, { id: newId(), text: "overwritten", model: FAST }));
  await runInDurableObject(objectOf(cid), (_, { storage: { sql } }) => {
    sql.exec(`${TABLES} ${COLUMNS} delete from message; delete from segment; ${ROWS}`);
    sql.exec("update conversation set active_leaf = 6, next_seq = 7, title = 'Old', rev = 4");
  });
  await abortAllDurableObjects();
  const at = (ms: number) => new Date(ms).toISOString();
  const words = [
    { op: { type: "part", part: 1, kind: "reasoning" } },
    { part: 1, text: "hm. " },
    { part: 0, text: "yes!" },
  ];
  expect(await client.snapshot(cid)).toMatchObject({
    title: "Old",
    rev: 4,
    activeLeafId: "a2",
    live: null,
    messages: [
      { id: "q1", parentId: null, seq: 1, role: "user", text: "first", createdAt: at(1_000) },
      {
        id: "a1",
        parentId: "q1",
        seq: 2,
        role: "assistant",
        text: "yes!",
        parts: words,
        createdAt: at(1_000),
        state: "complete",
        model: "o4",
        generationId: "q1",
        cached: true,
        costUsd: 0.25,
        finishReason: "stop",
        usage: { inputTokens: 7, outputTokens: 3 },
      },
      { id: "q2", parentId: "a1", seq: 5, role: "user", text: "second" },
      {
        id: "a2",
        parentId: "q2",
        seq: 6,
        role: "assistant",
        text: "half",
        state: "failed",
        cached: false,
        error: { code: "provider_truncated" },
      },
    ],
  });
  expect(await tablesOf(cid)).toEqual(["ledger"]);
});

test("the version with every run in a row of its own is believed, too, where it came back for a while", async () => {
  const client = await guest();
  const [cid, gid] = [newId(), newId()];
  await readStream(await client.send(cid, { id: newId(), text: "ours", model: FAST }));
  const before = await client.snapshot(cid);
  const more = { id: gid, messageId: before.activeLeafId ?? "", kind: "continue", model: FAST };
  await readStream(await client.callJson("POST", `/api/conversations/${cid}/generations`, more));
  const text = (await client.snapshot(cid)).messages[1]?.text;
  // It finds nothing by its own names, and begins anew.
  await runInDurableObject(objectOf(cid), (_, { storage: { sql } }) => {
    sql.exec(`${ONE_TABLE} update entry set record = json_set(record, '$.title', 'Came back') where key = 0`);
  });
  expect(await tablesOf(cid)).toEqual(["continuation", "entry", "ledger"]);
  await abortAllDurableObjects();
  expect(await client.snapshot(cid)).toMatchObject({ title: "Came back", messages: [{ text: "ours" }, { text }] });
  expect(await tablesOf(cid)).toEqual(["ledger"]);
});

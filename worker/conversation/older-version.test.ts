// What an older version stored is taken up by this one, and goes on.

import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newId, readStream } from "../../dev/api-client.ts";
import { FAST, guest } from "../test-client.ts";

/** As it stood until November 2026: a column for each field. */
const COLUMNS = `
drop table conversation;
create table conversation (
  one integer primary key check (one = 1), version integer not null default 1, id text not null, owner text not null,
  owner_kind text not null, title text not null, model text not null, system text, pinned integer not null default 0,
  archived integer not null default 0, active_leaf integer, live_seq integer, rev integer not null,
  synced_rev integer not null default 0, owed_from integer, owed_tries integer not null default 0,
  next_seq integer not null, created_at integer not null, updated_at integer not null, deleted_at integer
);`;

test("a conversation of the version that had a column for each field is converted when it is opened", async () => {
  const client = await guest();
  const cid = newId();
  await readStream(await client.send(cid, { id: newId(), text: "kept", model: FAST }));
  await client.callJson("PATCH", `/api/conversations/${cid}`, { title: "Named", pinned: true, system: "Be brief" });
  const before = await client.snapshot(cid);
  const object = env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(cid));
  await runInDurableObject(object, (_, { storage: { sql } }) => {
    const r = JSON.parse(String(sql.exec("select record from conversation").one()["record"]));
    const [pinned, archived] = [Number(r.pinned), Number(r.archived)];
    const first = [r.id, r.owner, r.ownerKind, r.title, r.model, r.system, pinned, archived, r.activeLeaf, r.liveSeq];
    const last = [r.rev, r.syncedRev, r.owedFrom, r.owedTries, r.nextSeq, r.createdAt, r.updatedAt, r.deletedAt];
    const values: SqlStorageValue[] = first.concat(last);
    sql.exec(COLUMNS);
    sql.exec(`insert into conversation values (1, 1, ${values.map(() => "?").join(", ")})`, ...values);
  });
  await abortAllDurableObjects();
  expect(await client.snapshot(cid)).toEqual(before);
  const { end } = await readStream(await client.send(cid, { id: newId(), text: "goes on", model: FAST }));
  expect(end?.state).toBe("complete");
  await abortAllDurableObjects();
  const after = await client.snapshot(cid);
  expect(after.messages).toHaveLength(before.messages.length + 2);
  expect(after).toMatchObject({ title: "Named", system: "Be brief" });
  const item = await client.callJson("PATCH", `/api/conversations/${cid}`, { archived: true });
  expect(await item.json()).toMatchObject({ title: "Named", pinned: true, archived: true });
});

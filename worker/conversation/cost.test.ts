// What a message costs in rows, by the storage's own counts: rows read and written are what is billed, and what a long
// conversation must not pay more of.

import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { type ApiClient, newId, readStream } from "../../dev/api-client.ts";
import { beginGeneration } from "../core/generation.ts";
import { guest, model } from "../test-client.ts";
import { INDEX, KEYS_PER_MESSAGE } from "./schema.ts";
import { answerOf } from "./test-records.ts";

const QUICK = model("first=5,rate=0,tokens=20");

const objectOf = (conversationId: string) => env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(conversationId));

type Bill = { rowsRead: number; rowsWritten: number; alarms: number };

/** What the object's storage counts while `run` runs. */
async function billOf(conversationId: string, run: () => Promise<unknown>): Promise<Bill> {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  let alarms = 0;
  const restore = await runInDurableObject(objectOf(conversationId), (_, { storage }) => {
    const { sql } = storage;
    const exec = sql.exec.bind(sql);
    const setAlarm = storage.setAlarm.bind(storage);
    Object.defineProperty(sql, "exec", {
      configurable: true,
      value: (query: string, ...bindings: SqlStorageValue[]) => {
        const cursor = exec(query, ...bindings);
        cursors.push(cursor);
        return cursor;
      },
    });
    Object.defineProperty(storage, "setAlarm", {
      configurable: true,
      value: (at: number) => {
        alarms++;
        return setAlarm(at);
      },
    });
    return () => {
      Reflect.deleteProperty(sql, "exec");
      Reflect.deleteProperty(storage, "setAlarm");
    };
  });
  try {
    await run();
    const rowsRead = cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0);
    return { rowsRead, rowsWritten: cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0), alarms };
  } finally {
    await runInDurableObject(objectOf(conversationId), restore);
  }
}

/** A conversation of `count` messages: one that was sent, and the rest in one branch under it. */
async function converse(client: ApiClient, count: number): Promise<string> {
  const cid = newId();
  await sendIn(client, cid, QUICK);
  await runInDurableObject(objectOf(cid), (_, { storage: { sql } }) => {
    sql.exec(
      `with recursive n (seq) as (select 3 union all select seq + 1 from n where seq < ?)
       insert into ledger (key, id, parent, length, body, record)
       select seq * ${KEYS_PER_MESSAGE}, 'filler-' || seq, seq - 1, iif(seq % 2, null, 9), iif(seq % 2, 'a question', 'an answer'),
         iif(seq % 2, '{"rev":1,"createdAt":1}', json_set(?, '$.generation.id', 'filler-' || (seq - 1))) from n`,
      count,
      JSON.stringify({
        rev: 1,
        createdAt: 1,
        ...answerOf({ ...beginGeneration("", 0, false, 1), state: "complete", length: 9 }),
      }),
    );
    sql.exec(INDEX);
    sql.exec(
      "update ledger set record = json_set(record, '$.nextSeq', ? + 1, '$.activeLeaf', ?) where key = 0",
      count,
      count,
    );
  });
  await abortAllDurableObjects();
  return cid;
}

/** Sends in a conversation that is open, and reads to the end and past the payment. */
async function sendIn(client: ApiClient, cid: string, scenario: string): Promise<void> {
  const { end } = await readStream(await client.send(cid, { id: newId(), text: "one more", model: scenario }));
  expect(end?.state).toBe("complete");
  const isPaid = () => runInDurableObject(objectOf(cid), async (_, { storage }) => (await storage.getAlarm()) === null);
  await expect.poll(isPaid).toBe(true);
}

test("a send costs the same rows in a conversation of 2,000 messages as in one of 200, and opening it does too (promise 16)", async () => {
  const client = await guest();
  const bills = [];
  for (const count of [200, 2_000]) {
    const cid = await converse(client, count);
    await client.snapshot(cid); // Awake, as a conversation is that somebody writes in.
    const send = await billOf(cid, () => sendIn(client, cid, QUICK));
    const open = await billOf(cid, () => client.snapshot(cid));
    bills.push({ send, open });
    expect(send.rowsWritten).toBeGreaterThan(4);
    expect(open.rowsRead).toBeGreaterThan(50);
    expect(open).toMatchObject({ rowsWritten: 0, alarms: 0 });
  }
  expect(bills[1]).toEqual(bills[0]);
});

// Fewer rows are read where there are fewer to make a prompt of: of twenty messages, twenty.
test("a send in a conversation of 2,000 messages writes the rows of one in a conversation of 20 (promise 16)", async () => {
  const client = await guest();
  const written = [];
  for (const count of [20, 2_000]) {
    const cid = await converse(client, count);
    await client.snapshot(cid);
    const { rowsWritten, alarms } = await billOf(cid, () => sendIn(client, cid, QUICK));
    written.push({ rowsWritten, alarms });
  }
  expect(written[1]).toEqual(written[0]);
});

test("an answer of 10 s at 50 tokens a second writes at most 24 rows and sets the alarm at most four times (promises 8, 16)", async () => {
  const client = await guest();
  const cid = await converse(client, 20);
  await client.snapshot(cid);
  const bill = await billOf(cid, () => sendIn(client, cid, model("first=20,rate=50,tokens=500")));
  expect(bill.rowsWritten).toBeLessThanOrEqual(24);
  // Each second is stored, or a crash would lose more than one.
  expect(bill.rowsWritten).toBeGreaterThanOrEqual(10);
  expect(bill.alarms).toBeLessThanOrEqual(4);
}, 30_000);

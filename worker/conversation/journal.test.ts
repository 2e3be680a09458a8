import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newId } from "../../dev/api-client.ts";
import type { LogEntry } from "../../protocol/events.ts";
import { beginGeneration } from "../core/generation.ts";
import { Journal } from "./journal.ts";
import { UNINDEXED_MESSAGES } from "./schema.ts";
import { answerOf, recordOf } from "./test-records.ts";

test("messages are found by id in a short conversation without an index, and in a longer one by one (promise 16)", async () => {
  const object = env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(newId()));
  await runInDurableObject(object, (_, { storage: { sql } }) => {
    const indexes = () => sql.exec("select name from sqlite_master where type = 'index'").toArray().length;
    let journal = new Journal(sql);
    journal.create(recordOf(1));
    const insert = (seq: number) => {
      const tree = { parentSeq: seq === 1 ? null : seq - 1, parentId: seq === 1 ? null : `m${seq - 1}` };
      const words = { role: "user", text: "?", rev: seq, createdAt: 1, answer: null } as const;
      journal.insertMessage({ seq, id: `m${seq}`, ...tree, ...words });
      expect(journal.findMessage(`m${seq}`)).toMatchObject({ seq, ...tree });
      expect(journal.findMessage(`m${seq + 1}`)).toBeNull();
    };
    for (let seq = 1; seq <= UNINDEXED_MESSAGES; seq++) insert(seq);
    expect(indexes()).toBe(0);
    for (let seq = UNINDEXED_MESSAGES + 1; seq <= 3 * UNINDEXED_MESSAGES; seq++) {
      insert(seq);
      expect(indexes()).toBe(1);
      journal = new Journal(sql);
      expect(journal.readConversation()).not.toBeNull(); // A new life finds the index there.
    }
    const plan = sql.exec("explain query plan select key from ledger where id = 'm1'").toArray();
    expect(JSON.stringify(plan)).toContain("message_id");
  });
});

test("what an answer says first stands in its message's row, what a later life says behind it, and a stale one stores nothing (promises 8, 9, 16)", async () => {
  const object = env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(newId()));
  await runInDurableObject(object, (_, { storage: { sql } }) => {
    const rowsOf = () => sql.exec("select id, part, body from ledger where key > 0 order by key").toArray();
    const journal = new Journal(sql);
    const generation = { ...beginGeneration("g", 0, false, 1), state: "streaming" as const };
    const writer = { generationId: "g", attempt: 1 };
    const tree = { parentSeq: null, parentId: null, role: "assistant" as const };
    journal.create(recordOf(1), [
      { seq: 1, id: "a", ...tree, text: "", rev: 1, createdAt: 1, answer: answerOf(generation) },
    ]);
    const rowsFor = (write: () => boolean) => {
      const before = journal.rowsWritten;
      return write() ? journal.rowsWritten - before : null;
    };
    expect(rowsFor(() => journal.appendLog(1, 0, [{ part: 0, text: "Hello" }], writer))).toBe(1);
    expect(rowsFor(() => journal.appendLog(1, 5, [{ part: 0, text: ", you" }], writer))).toBe(1);
    expect(rowsOf()).toEqual([{ id: "a", part: null, body: "Hello, you" }]);

    // A life that knows no more than the disk: its words are a row of their own, and one whose turn it is not has none.
    const later = new Journal(sql);
    const fenced = { ...generation, attempt: 2 };
    expect(later.saveGeneration(1, 1, fenced, 1, null)).toBe(true);
    expect(rowsFor(() => journal.appendLog(1, 10, [{ part: 0, text: " stale" }], writer))).toBeNull();
    const late = { offset: 10, entries: [{ part: 0, text: " stale" }] };
    const ended = { ...generation, state: "complete" as const, length: 16 };
    expect(rowsFor(() => journal.saveGeneration(1, 1, ended, 2, null, late))).toBeNull();
    expect(later.appendLog(1, 10, [{ part: 0, text: "!" }], { ...writer, attempt: 2 })).toBe(true);
    expect(later.readLog(1)).toEqual([{ part: 0, text: "Hello, you!" }]);
    expect(rowsOf()).toHaveLength(2);
  });
});

test("an answer's end is stored with what it said last, in one row while that is its first run (promises 8, 16)", async () => {
  const object = env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(newId()));
  await runInDurableObject(object, (_, { storage: { sql } }) => {
    const journal = new Journal(sql);
    const generation = beginGeneration("g", 0, false, 1);
    const tree = { parentSeq: null, parentId: null, role: "assistant" as const, text: "", rev: 1, createdAt: 1 };
    journal.create(recordOf(1));
    const end = (seq: number, length: number, entries: LogEntry[]) => {
      journal.insertMessage({ seq, id: `a${seq}`, ...tree, answer: answerOf(generation) });
      const before = journal.rowsWritten;
      const ended = { ...generation, state: "complete" as const, length };
      expect(journal.saveGeneration(seq, 1, ended, 2, null, { offset: 0, entries })).toBe(true);
      journal.closeLog();
      expect(new Journal(sql).readLog(seq)).toEqual(entries);
      expect(new Journal(sql).messageAt(seq)).toMatchObject({ text: "", answer: { generation: { length } } });
      return journal.rowsWritten - before;
    };
    expect(end(1, 4, [{ part: 0, text: "Yes." }])).toBe(1);
    expect(end(2, 0, [])).toBe(1);
    const reasoning: LogEntry[] = [
      { op: { type: "part", part: 1, kind: "reasoning" } },
      { part: 1, text: "hm" },
      { part: 0, text: "No." },
    ];
    expect(end(3, 6, reasoning)).toBe(4);
  });
});

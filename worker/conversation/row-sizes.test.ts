// What the rows of the object's SQLite hold at most. A row takes 2 MB in production, in bytes; the local workerd would
// take more, so their sizes are looked at.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newId } from "../../dev/api-client.ts";
import { MAX_ANSWER_LENGTH, MAX_TEXT_LENGTH } from "../../protocol/api.ts";
import { lengthOf, type LogEntry } from "../../protocol/events.ts";
import type { OwedConversation, OwedMessage } from "../core/owed.ts";
import { beginGeneration } from "../core/generation.ts";
import { Journal } from "./journal.ts";
import { Memory } from "./memory.ts";
import { toOwed, toOwedConversation } from "./owing.ts";
import { restore } from "./rebuilding.ts";
import { RUN_LENGTH, UNINDEXED_MESSAGES } from "./schema.ts";
import { answerOf, recordOf } from "./test-records.ts";

const ROW_BYTES = 2_000_000;
const writer = { generationId: "g", attempt: 1 };

async function inObject(run: (state: DurableObjectState) => void): Promise<void> {
  const object = env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(newId()));
  await runInDurableObject(object, (_, state) => run(state));
}

const tablesOf = (sql: SqlStorage): string[] =>
  sql
    .exec("select name from sqlite_master where type = 'table' and name not like '\\_cf\\_%' escape '\\'")
    .toArray()
    .map(({ name }) => String(name));

/** The bytes of the largest row of all tables. */
function largestRow(sql: SqlStorage): number {
  const sizes = tablesOf(sql).map((table) => {
    const names = sql.exec(`select name from pragma_table_info('${table}')`).toArray();
    const sum = names.map(({ name }) => `ifnull(length(cast(${String(name)} as blob)), 0)`).join(" + ");
    return Number(sql.exec(`select max(${sum}) as size from ${table}`).one()["size"]);
  });
  return Math.max(...sizes);
}

/** A journal with a question of the longest and the beginning of its answer, of which nothing was said. */
function begin(sql: SqlStorage): Journal {
  const journal = new Journal(sql);
  const common = { rev: 1, createdAt: 1 };
  journal.create({ ...recordOf(1), system: "\u0001".repeat(MAX_TEXT_LENGTH), nextSeq: 3, activeLeaf: 2 }, [
    {
      seq: 1,
      id: "q",
      parentSeq: null,
      parentId: null,
      role: "user",
      text: "問".repeat(MAX_TEXT_LENGTH),
      ...common,
      answer: null,
    },
    {
      seq: 2,
      id: "a",
      parentSeq: 1,
      parentId: "q",
      role: "assistant",
      text: "",
      ...common,
      answer: answerOf(beginGeneration("g", 0, false, 1)),
    },
  ]);
  return journal;
}

const ending = (length: number) => ({ ...beginGeneration("g", 0, false, 1), state: "complete" as const, length });
const lengthOfAll = (entries: readonly LogEntry[]) => entries.reduce((sum, entry) => sum + lengthOf(entry), 0);

const longest = "字".repeat(MAX_ANSWER_LENGTH);
// Pairs at odd places: each run would end inside one.
const pairs = `x${"😀".repeat(RUN_LENGTH)}`;
const longLogs: Record<string, LogEntry[]> = {
  "one event of the longest": [{ part: 0, text: longest }],
  "pairs where rows end": [{ part: 0, text: pairs }],
  "long reasoning before a long answer": [
    { op: { type: "part", part: 1, kind: "reasoning" } },
    { part: 1, text: longest.slice(0, 500_000) },
    { part: 0, text: longest.slice(0, 500_000) },
  ],
};

for (const [name, log] of Object.entries(longLogs)) {
  test(`${name}: stored by a flush and by an end in rows that SQLite takes, and read back as it was (promise 8)`, async () => {
    const length = lengthOfAll(log);
    await inObject(({ storage: { sql } }) => {
      const journal = begin(sql);
      expect(journal.appendLog(2, 0, log, writer)).toBe(true);
      expect(journal.saveGeneration(2, 1, ending(length), 2, null)).toBe(true);
      expect(largestRow(sql)).toBeLessThan(ROW_BYTES);
      expect(new Journal(sql).readLog(2)).toEqual(log);
    });
    await inObject(({ storage: { sql } }) => {
      const journal = begin(sql);
      expect(journal.saveGeneration(2, 1, ending(length), 2, null, { offset: 0, entries: log })).toBe(true);
      expect(largestRow(sql)).toBeLessThan(ROW_BYTES);
      expect(new Journal(sql).readLog(2)).toEqual(log);
      expect(journal.branch(2, 2, 4_000_000)[1]?.content).toBe(
        log.flatMap((e) => ("part" in e && e.part === 0 ? e.text : [])).join(""),
      );
    });
  });
}

test("an answer that grows by a little, by much and by a little again has no row above what SQLite takes (promise 8)", async () => {
  await inObject(({ storage: { sql } }) => {
    const journal = begin(sql);
    let offset = 0;
    for (const length of [1, 65_536, 200_000, 4_096, RUN_LENGTH + 1, 4_096, RUN_LENGTH - 1, 1, 1]) {
      const entries = [{ part: 0, text: "字".repeat(length) }];
      expect(journal.appendLog(2, offset, entries, writer)).toBe(true);
      offset += length;
    }
    expect(largestRow(sql)).toBeLessThan(ROW_BYTES);
    expect(new Journal(sql).readLog(2)).toEqual([{ part: 0, text: "字".repeat(offset) }]);
  });
});

/** What Postgres, or a fork's source, has of a conversation whose answer is this log. */
function stored(sql: SqlStorage, log: LogEntry[]): { conversation: OwedConversation; messages: OwedMessage[] } {
  const journal = begin(sql);
  journal.saveGeneration(2, 1, ending(lengthOfAll(log)), 2, null, { offset: 0, entries: log });
  const messages = [1, 2].flatMap((seq) => journal.messageAt(seq) ?? []).map((message) => toOwed(message, journal));
  const record = journal.readConversation();
  if (record === null) throw new Error("it was created");
  return { conversation: toOwedConversation(record, journal), messages };
}

test("a fork, or a conversation that is rebuilt, has rows that SQLite takes, and the same logs (promises 3, 8)", async () => {
  for (const log of Object.values(longLogs)) {
    let source: ReturnType<typeof stored> | null = null;
    await inObject(({ storage: { sql } }) => (source = stored(sql, log)));
    await inObject((state) => {
      const memory = new Memory(state, { ...env });
      const { conversation, messages } = source ?? stored(state.storage.sql, log);
      restore(memory, conversation, messages);
      expect(largestRow(state.storage.sql)).toBeLessThan(ROW_BYTES);
      expect(memory.journal.readLog(2)).toEqual(log);
    });
  }
});

test("a rebuilding that fails leaves nothing, and may be tried again (promise 3)", async () => {
  let source: ReturnType<typeof stored> | null = null;
  await inObject(({ storage: { sql } }) => (source = stored(sql, [{ part: 0, text: "Yes." }])));
  await inObject((state) => {
    const { sql } = state.storage;
    const { conversation, messages } = source ?? stored(sql, []);
    const [question, answer] = messages;
    if (question === undefined || answer === undefined) throw new Error("there are two");
    const more = Array.from({ length: UNINDEXED_MESSAGES }, (_, at) => ({ ...question, id: `q${at}`, seq: at + 3 }));
    const memory = new Memory(state, { ...env });
    const twice = [question, answer, ...more, { ...question, seq: 100 }]; // Its id is unique.
    expect(() => restore(memory, conversation, twice)).toThrow();
    expect(memory.record).toBeNull();
    expect(tablesOf(sql)).toEqual([]);
    expect(new Journal(sql).readConversation()).toBeNull();

    restore(memory, conversation, [question, answer, ...more]);
    expect(memory.record).toMatchObject({ nextSeq: UNINDEXED_MESSAGES + 3 });
    expect(memory.journal.readLog(2)).toEqual([{ part: 0, text: "Yes." }]);
    expect(memory.journal.listBefore(1_000, 1_000)).toHaveLength(UNINDEXED_MESSAGES + 2);
  });
});

// A page of a snapshot, over real SQLite: what is on it, what it weighs as JSON, and what was read for it.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newId } from "../../dev/api-client.ts";
import { MAX_TEXT_LENGTH, type Snapshot } from "../../protocol/api.ts";
import { lengthOf, type LogEntry } from "../../protocol/events.ts";
import { beginGeneration } from "../core/generation.ts";
import { Journal } from "./journal.ts";
import { readSnapshot } from "./snapshot.ts";
import { answerOf, recordOf } from "./test-records.ts";

type Read = { units: number; statements: number };
type Page = { snapshot: Snapshot; read: Read };

/** What a person said, or an answer's log. */
type Said = string | LogEntry[];

/** All pages of a conversation of these messages, newest first, each with the units of bodies that were read for it. */
async function pagesOf(said: readonly Said[], limit = 50): Promise<Page[]> {
  const object = env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(newId()));
  return runInDurableObject(object, (_, { storage: { sql } }) => {
    const read: Read = { units: 0, statements: 0 };
    const journal = new Journal(sql);
    const record = { ...recordOf(1), nextSeq: said.length + 1 };
    journal.create(record);
    said.forEach((words, index) => {
      const seq = index + 1;
      const [log, text] = typeof words === "string" ? [null, words] : [words, ""];
      const length = (log ?? []).reduce((sum, entry) => sum + lengthOf(entry), 0);
      const generation = { ...beginGeneration(`g${seq}`, 0, false, 1), state: "complete" as const, length };
      const tree = { parentSeq: seq === 1 ? null : seq - 1, parentId: seq === 1 ? null : `m${seq - 1}` };
      const role = log === null ? "user" : "assistant";
      const answer = log === null ? null : answerOf(generation);
      journal.insertMessage({ seq, id: `m${seq}`, ...tree, role, text, rev: 1, createdAt: 1, answer });
      journal.closeLog();
      if (log !== null) journal.appendLog(seq, 0, log, null);
    });
    countReads(sql, read);
    const fresh = new Journal(sql);
    const pages: Page[] = [];
    for (let before: number | null = null; ;) {
      Object.assign(read, { units: 0, statements: 0 });
      const snapshot = readSnapshot(record, fresh, null, before, limit);
      pages.push({ snapshot, read: { ...read } });
      before = snapshot.nextBefore;
      if (before === null) return pages;
    }
  });
}

function countReads(sql: SqlStorage, read: Read): void {
  const exec = sql.exec.bind(sql);
  const value = (query: string, ...bindings: SqlStorageValue[]) => {
    read.statements++;
    const cursor = exec(query, ...bindings);
    const toArray = cursor.toArray.bind(cursor);
    const counted = () => {
      const rows = toArray();
      for (const { body } of rows) read.units += String(body ?? "").length;
      return rows;
    };
    return Object.defineProperty(cursor, "toArray", { value: counted });
  };
  Object.defineProperty(sql, "exec", { value });
}

const seqsOf = (pages: readonly Page[]) =>
  pages.toReversed().flatMap(({ snapshot }) => snapshot.messages.map(({ seq }) => seq));
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const times = <Value>(count: number, value: Value): Value[] => Array.from({ length: count }, () => value);

const control = `字${"\u0001".repeat(MAX_TEXT_LENGTH - 1)}`;

test("a page of control characters is bounded by what it is as JSON; what is beyond it is not read, and comes with the next", async () => {
  const pages = await pagesOf(times(40, control));
  expect(pages.length).toBeGreaterThan(1);
  for (const { snapshot, read } of pages) {
    expect(JSON.stringify(snapshot).length).toBeLessThan(4_100_000);
    expect(read.units).toBeLessThanOrEqual((snapshot.messages.length + 1) * MAX_TEXT_LENGTH);
    for (const { text } of snapshot.messages) expect(text).toBe(control);
  }
  expect(seqsOf(pages)).toEqual(upTo(40));
});

test("answers of control characters, and long reasoning, count as what they are as JSON, and one that cannot fit is not read", async () => {
  const reasoning: LogEntry[] = [
    { op: { type: "part", part: 1, kind: "reasoning" } },
    { part: 1, text: "\u001f".repeat(150_000) },
    { part: 0, text: "so" },
  ];
  const answers = await pagesOf([...times(12, reasoning), ...times<Said>(6, [{ part: 0, text: control }])]);
  expect(answers.length).toBeGreaterThan(2);
  for (const { snapshot } of answers) expect(JSON.stringify(snapshot).length).toBeLessThan(4_100_000);
  expect(seqsOf(answers)).toEqual(upTo(18));

  const long: LogEntry[] = [{ part: 0, text: "x".repeat(900_000) }];
  const [page] = await pagesOf(times(10, long));
  expect(page?.snapshot.messages).toHaveLength(4);
  expect(page?.read.units).toBe(4 * 900_000);
});

test("a message that is more than a page stands on one alone", async () => {
  const huge: LogEntry[] = [{ part: 0, text: "\u0002".repeat(1_000_000) }];
  const pages = await pagesOf([huge, "short", huge]);
  expect(seqsOf(pages)).toEqual([1, 2, 3]);
  expect(pages.map(({ snapshot }) => snapshot.messages.length)).toEqual([1, 1, 1]);
});

test("ordinary messages are one page, read by one statement and one for each answer", async () => {
  const said = upTo(25).flatMap((at): Said[] => [`a "question"\n${at}`, [{ part: 0, text: `an\tanswer\r\n\\${at}` }]]);
  const pages = await pagesOf(said);
  expect(pages).toHaveLength(1);
  expect(pages[0]?.read.statements).toBe(1 + 25);
  expect(seqsOf(pages)).toEqual(upTo(50));
  expect(pages[0]?.snapshot.messages.slice(0, 2).map(({ text }) => text)).toEqual([
    'a "question"\n1',
    "an\tanswer\r\n\\1",
  ]);

  const more = await pagesOf(said, 20);
  expect(more.map(({ snapshot }) => snapshot.nextBefore)).toEqual([31, 11, null]);
  expect(seqsOf(more)).toEqual(upTo(50));
});

test("twenty-five of the longest texts are one page, of every script and with every mark that text has", async () => {
  for (const text of ["x", "字", "line\n", '"\t\\']) {
    const longest = text.repeat(Math.floor(MAX_TEXT_LENGTH / text.length));
    const pages = await pagesOf(times(25, longest));
    expect(pages).toHaveLength(1);
    expect(pages[0]?.snapshot.messages.every((message) => message.text === longest)).toBe(true);
  }
});

// What a send reads of its branch, over real SQLite: siblings, long answers, reasoning, and the prompt's bounds.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { LogEntry } from "../../protocol/events.ts";
import { newId } from "../../dev/api-client.ts";
import { beginGeneration } from "../core/generation.ts";
import { Journal } from "./journal.ts";
import { SCHEMA, RUN_LENGTH } from "./schema.ts";

type Said = { role: "user" | "assistant"; parent: number | null; text?: string; log?: LogEntry[] };

/** Messages by `seq` from 1 on. */
async function withJournal(
  messages: readonly Said[],
  look: (journal: Journal, unitsRead: () => number) => void,
): Promise<void> {
  const object = env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(newId()));
  await runInDurableObject(object, (_, { storage }) => {
    storage.sql.exec(SCHEMA);
    const { sql } = storage;
    const exec = sql.exec.bind(sql);
    let unitsRead = 0;
    Object.defineProperty(sql, "exec", {
      value: (query: string, ...bindings: SqlStorageValue[]) => {
        const cursor = exec(query, ...bindings);
        const toArray = cursor.toArray.bind(cursor);
        const value = () => {
          const rows = toArray();
          for (const { body = "" } of rows) unitsRead += String(body).length;
          return rows;
        };
        return Object.defineProperty(cursor, "toArray", { value });
      },
    });
    const journal = new Journal(sql);
    messages.forEach(({ role, parent: parentSeq, text = "", log = [] }, index) => {
      const seq = index + 1;
      const generation = beginGeneration(`g${seq}`, 0, false, 1);
      const answer = role === "user" ? null : { generation, model: "m", params: {}, costUsd: null, isCached: false };
      const parentId = parentSeq === null ? null : `m${parentSeq}`;
      journal.insertMessage({ seq, id: `m${seq}`, parentSeq, parentId, role, text, rev: 1, createdAt: 1, answer });
      let length = 0;
      for (const entry of log) {
        journal.appendLog(seq, length, [entry], null);
        length += "op" in entry ? 1 : entry.text.length;
      }
      journal.closeLog();
      if (answer !== null) journal.saveGeneration(seq, 1, { ...generation, length }, 1, null);
    });
    look(journal, () => unitsRead);
  });
}

const words = (text: string): LogEntry => ({ part: 0, text });
/** Question and answer in turn, so many of each. */
const talk = (turns: number): Said[] =>
  Array.from({ length: turns * 2 }, (_, index) => {
    const parent = index === 0 ? null : index;
    return index % 2 === 0
      ? { role: "user", parent, text: `question ${index}` }
      : { role: "assistant", parent, log: [words(`answer ${index}`)] };
  });

test("a branch is read whole and in order, without what stands beside it", async () => {
  // A second answer to the first question, with a question of its own, among the newest.
  const aside: Said[] = [
    { role: "assistant", parent: 1, log: [words("another answer")] },
    { role: "user", parent: 51, text: "another question" },
  ];
  await withJournal([...talk(25), ...aside], (journal) => {
    const branch = journal.branch(50, 100, 1_000_000);
    expect(branch.map(({ content }) => content)).toEqual(
      Array.from({ length: 50 }, (_, index) => `${index % 2 === 0 ? "question" : "answer"} ${index}`),
    );
    expect(branch.map(({ role }) => role).slice(0, 2)).toEqual(["user", "assistant"]);
    expect(journal.branch(52, 100, 1_000_000).map(({ content }) => content)).toEqual([
      "question 0",
      "another answer",
      "another question",
    ]);
    expect(journal.branch(null, 100, 1_000_000)).toEqual([]);
  });
});

test("of an answer all that is no reasoning is read, in its order, however it is stored", async () => {
  const half = "x".repeat(RUN_LENGTH);
  const log: LogEntry[] = [
    { op: { type: "part", part: 1, kind: "reasoning" } },
    { part: 1, text: "I wonder" },
    words(half),
    words("and the "),
    { part: 1, text: "once more" },
    words("end 👩‍👩‍👧"),
  ];
  await withJournal(
    [
      { role: "user", parent: null, text: "why?" },
      { role: "assistant", parent: 1, log },
      { role: "assistant", parent: 1 },
    ],
    (journal) => {
      expect(journal.branch(2, 100, 1_000_000)[1]?.content).toBe(`${half}and the end 👩‍👩‍👧`);
      expect(journal.branch(3, 100, 1_000_000)[1]).toEqual({ role: "assistant", content: "" });
    },
  );
});

test("no more is read than fits, and the message that goes past it", async () => {
  await withJournal(talk(40), (journal) => {
    const lengths = journal.branch(80, 100, 1_000_000).map(({ content }) => content.length);
    for (const limit of [1, 9, 10, 11, 30]) expect(journal.branch(80, limit, 1_000_000)).toHaveLength(limit);
    for (const length of [0, 1, 50, 100, 101, 250]) {
      let [left, count] = [length, 0];
      while (left >= 0) left -= lengths.at(-1 - count++) ?? 0;
      expect(journal.branch(80, 100, length)).toHaveLength(count);
    }
  });
  // Of ten answers of 200,000 units one fits, and one goes past it: the others are not read.
  const long = talk(10).map((said) => (said.role === "user" ? said : { ...said, log: [words("y".repeat(200_000))] }));
  await withJournal(long, (journal, unitsRead) => {
    expect(journal.branch(20, 100, 250_000)).toHaveLength(3);
    expect(unitsRead()).toBeLessThan(400_100);
  });
});

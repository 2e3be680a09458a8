import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { newId } from "../../dev/api-client.ts";
import { beginGeneration, type Generation } from "../core/generation.ts";
import { createRandom } from "../core/simulation/random.ts";
import { Journal } from "./journal.ts";
import { toOwed } from "./owing.ts";
import { answerOf, recordOf } from "./test-records.ts";

const ROUNDS = 40;
const STEPS = 30;

test("what is remembered of the newest messages is what SQLite says of them, whatever happens to them (promise 10)", async () => {
  const object = env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(newId()));
  await runInDurableObject(object, (_, { storage: { sql } }) => {
    let unread = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const random = createRandom(round + 1);
      for (const table of ["ledger", "generation"]) {
        sql.exec(`drop table if exists ${table}`);
      }
      let isRead = false;
      const exec = (query: string, ...bindings: SqlStorageValue[]) => {
        isRead ||= query.includes("m.key >= ?");
        return sql.exec(query, ...bindings);
      };
      const journal = new Journal(
        new Proxy(sql, { get: (of, name) => (name === "exec" ? exec : Reflect.get(of, name)) }),
      );
      journal.create(recordOf(1));
      let [seq, rev] = [0, 0];
      const generations = new Map<number, Generation>();
      const insert = () => {
        const [userSeq, answerSeq] = [++seq, ++seq];
        const parentId = userSeq === 1 ? null : `m${userSeq - 1}`;
        const tree = { parentSeq: userSeq === 1 ? null : userSeq - 1, parentId };
        const generation = beginGeneration(`g${answerSeq}`, 0, false, 1);
        const common = { rev: ++rev, createdAt: 1 };
        journal.insertMessage({
          seq: userSeq,
          id: `m${userSeq}`,
          ...tree,
          role: "user",
          text: "?",
          ...common,
          answer: null,
        });
        journal.insertMessage({
          seq: answerSeq,
          id: `m${answerSeq}`,
          parentSeq: userSeq,
          parentId: `m${userSeq}`,
          role: "assistant",
          text: "",
          ...common,
          answer: answerOf(generation),
        });
        generations.set(answerSeq, generation);
      };
      const change = (at: number) => {
        const before = generations.get(at);
        if (before === undefined) return;
        const usage = { inputTokens: 1, outputTokens: random.below(9) };
        const after: Generation = { ...before, state: "complete", attempt: before.attempt + 1, keeps: [1], usage };
        // One time in four by a writer that is stale: nothing may change.
        const from = random.below(4) === 0 ? before.attempt + 7 : before.attempt;
        if (journal.saveGeneration(at, from, after, ++rev, 0.5)) generations.set(at, after);
      };
      const goOn = (at: number) => {
        const before = generations.get(at);
        if (before === undefined || before.state !== "complete") return;
        const generation = beginGeneration(`g${at}-${rev}`, before.length, false, 1);
        journal.continueMessage(at, answerOf(before), answerOf(generation), ++rev);
        generations.set(at, generation);
      };
      for (let step = 0; step < STEPS; step++) {
        const at = 1 + random.below(Math.max(1, seq));
        const steps = [
          insert,
          () => change(at),
          () => change(at),
          () => goOn(at),
          () => journal.countRefusal(at),
          () => journal.forgetRecent(),
        ];
        steps[random.below(9)]?.();
        const synced = random.below(rev + 1);
        const fresh = new Journal(sql);
        for (let from = 1; from <= seq + 1; from++) {
          const rows = (of: Journal) => of.owed(from, synced, 3).map((message) => toOwed(message, fresh));
          isRead = false;
          expect(rows(journal)).toEqual(rows(fresh));
          if (!isRead) unread++;
          expect(journal.idAt(from)).toBe(fresh.idAt(from));
        }
      }
    }
    expect(unread).toBeGreaterThan(ROUNDS * STEPS);
  });
});

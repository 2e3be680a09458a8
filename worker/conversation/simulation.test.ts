// The seeded simulation once more, with the object's real SQLite under it: the journal's own rows, fences and runs
// in place of a disk in memory, so fewer histories.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { describeFinding, simulate } from "../core/simulation/simulate.ts";
import type { Disk, Store } from "../core/simulation/store.ts";
import { newId } from "../../dev/api-client.ts";
import { Journal } from "./journal.ts";
import { answerOf, recordOf } from "./test-records.ts";

const HISTORIES = 2_500;

function createSqliteDisk(sql: SqlStorage): Disk {
  for (const table of ["ledger", "continuation"]) sql.exec(`drop table if exists ${table}`);
  return { open: () => openStore(new Journal(sql)) };
}

function openStore(journal: Journal): Store {
  const saveLive = (liveSeq: number | null) => {
    const record = journal.readConversation();
    if (record !== null) journal.saveConversation({ ...record, liveSeq });
  };
  return {
    readLiveSeq: () => journal.readConversation()?.liveSeq ?? null,
    begin(seq, generation) {
      const createdAt = generation.startedAt;
      if (journal.readConversation() === null) journal.create(recordOf(createdAt));
      const { id } = generation;
      const tree = { parentSeq: null, parentId: null, role: "assistant" as const };
      journal.insertMessage({ seq, id, ...tree, text: "", rev: 1, createdAt, answer: answerOf(generation) });
      saveLive(seq);
      journal.closeLog();
    },
    goOn(seq, generation) {
      const before = journal.messageAt(seq)?.answer;
      if (before == null) throw new Error(`no answer ${seq}`);
      journal.continueMessage(seq, before, answerOf(generation), 1);
      saveLive(seq);
      journal.closeLog();
    },
    newestOf: (seq) =>
      journal.readConversation() === null ? null : (journal.messageAt(seq)?.answer?.generation ?? null),
    find(generationId) {
      if (journal.readConversation() === null) return null;
      const named = journal.findMessage(generationId);
      if (named?.answer?.generation.id === generationId) return { seq: named.seq, generation: named.answer.generation };
      const continued = journal.findContinued(generationId);
      if (continued === null) return null;
      const generation = (continued.past ?? journal.messageAt(continued.seq)?.answer)?.generation;
      return generation === undefined ? null : { seq: continued.seq, generation };
    },
    readLog: (seq) => journal.readLog(seq),
    appendLog: (seq, offset, entries, writer) => journal.appendLog(seq, offset, entries, writer),
    saveGeneration(seq, from, generation, growth) {
      if (growth === undefined) journal.closeLog(); // A fence.
      const isSaved = journal.saveGeneration(seq, from, generation, 1, null, growth);
      journal.closeLog();
      return isSaved;
    },
    endLive: () => saveLive(null),
  };
}

test(`${HISTORIES} random histories over real SQLite break no promise (promises 1, 2, 3, 4, 5, 6, 8, 9)`, async () => {
  const object = env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(newId()));
  const told = await runInDurableObject(object, async (_, { storage }) => {
    const { finding } = await simulate(1, HISTORIES, () => createSqliteDisk(storage.sql));
    return finding === null ? "" : describeFinding(finding);
  });
  expect(told).toBe("");
}, 60_000);

// What is told of a listing and of a removal, and when: over a writer that notes what it is asked.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newId } from "../../dev/api-client.ts";
import type { OutboxWriter } from "../core/owed.ts";
import { Journal } from "./journal.ts";
import { Outbox } from "./outbox.ts";
import type { ConversationRecord } from "./rows.ts";
import { recordOf, userMessage } from "./test-records.ts";

type Stage = {
  outbox: Outbox;
  record: ConversationRecord;
  asked: string[];
  /** What becomes of the listing that was handed over. */
  settle(isWritten: boolean): void;
  setLive(isLive: boolean): void;
  /** From now on Postgres answers to no request of more messages. */
  setMost(messages: number): void;
  pass(ms: number): void;
  journal: Journal;
};

async function play(run: (stage: Stage) => Promise<void>): Promise<void> {
  const object = env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(newId()));
  await runInDurableObject(object, async (_, { storage: { sql } }) => {
    const journal = new Journal(sql);
    const record: ConversationRecord = { ...recordOf(1), rev: 1, owedFrom: 1 };
    journal.create(record);
    const asked: string[] = [];
    let settle: (isWritten: boolean) => void = () => undefined;
    let [isLive, now] = [true, 1_000_000];
    let most = Infinity;
    const write: OutboxWriter["write"] = async ({ rev }, messages) => {
      asked.push(messages.length === 0 ? `write ${rev}` : `write ${rev} with ${messages.length}`);
      return messages.length > most ? { kind: "away", summary: "no answer" } : null;
    };
    const writer: OutboxWriter = {
      list: ({ rev }, onSettled) => {
        asked.push(`list ${rev}`);
        settle = onSettled;
      },
      write,
      writeTogether: write,
      remove: async () => {
        asked.push("remove");
        return null;
      },
    };
    const log = { debug: () => undefined, info: () => undefined, error: () => undefined };
    const outbox = new Outbox({
      journal,
      writer,
      record: () => record,
      isLive: () => isLive,
      logOf: () => [],
      now: () => now,
      random: () => 0,
      log,
    });
    await run({
      outbox,
      record,
      asked,
      settle: (isWritten) => settle(isWritten),
      setLive: (is) => (isLive = is),
      setMost: (messages) => (most = messages),
      pass: (ms) => (now += ms),
      journal,
    });
  });
}

test("what was listed is not listed again when its answer speaks, and is when the list shows something else", () =>
  play(async ({ outbox, record, asked }) => {
    outbox.listSoon();
    record.rev++;
    outbox.keepListed();
    await outbox.drain();
    expect(asked).toEqual(["list 1"]);
    record.rev++;
    await outbox.drain();
    expect(asked).toEqual(["list 1", "write 3"]);
  }));

test("an answer that ended at once is not listed beside what it is told with", () =>
  play(async ({ outbox, asked, setLive }) => {
    setLive(false);
    outbox.listSoon();
    await outbox.drain();
    expect(asked).toEqual(["write 1"]);
  }));

test("a listing that failed is paid by the next heartbeat", () =>
  play(async ({ outbox, asked, settle }) => {
    outbox.listSoon();
    settle(false);
    await outbox.drain();
    expect(asked).toEqual(["list 1", "write 1"]);
  }));

test("a listing of which nothing was heard for long is told anew, though the answer goes on", () =>
  play(async ({ outbox, asked, pass }) => {
    outbox.listSoon();
    pass(14_000);
    await outbox.drain();
    expect(asked).toEqual(["list 1"]);
    pass(2_000);
    await outbox.drain();
    await outbox.drain();
    expect(asked).toEqual(["list 1", "write 1"]);
  }));

test("a request that finds no answer is made smaller, for its length may be why", () =>
  play(async ({ outbox, record, journal, asked, setLive, setMost, pass }) => {
    for (let seq = 1; seq <= 8; seq++) journal.insertMessage(userMessage(seq));
    Object.assign(record, { rev: 8, nextSeq: 9, owedFrom: 1 });
    setLive(false);
    setMost(2);
    for (let round = 0; round < 4 && outbox.dueAt !== null; round++) {
      await outbox.drain();
      pass(3_600_000);
    }
    expect(asked.slice(0, 3)).toEqual(["write 8 with 8", "write 8 with 4", "write 8 with 2"]);
    expect(outbox.dueAt).toBeNull();
    expect(record.syncedRev).toBe(8);
  }));

test("what is deleted while its listing is under way is removed once more, when that has settled", () =>
  play(async ({ outbox, record, asked, settle, pass }) => {
    outbox.listSoon();
    record.deletedAt = 1;
    await outbox.drain();
    expect(asked).toEqual(["list 1", "remove"]);
    expect(outbox.dueAt).toBeGreaterThan(1_000_000);
    settle(true);
    pass(10_000);
    await outbox.drain();
    expect(asked).toEqual(["list 1", "remove", "remove"]);
    expect(outbox.dueAt).toBeNull();
  }));

test("what is deleted later is removed once", () =>
  play(async ({ outbox, record, asked, settle }) => {
    outbox.listSoon();
    settle(true);
    record.deletedAt = 1;
    await outbox.drain();
    expect(asked).toEqual(["list 1", "remove"]);
    expect(outbox.dueAt).toBeNull();
  }));

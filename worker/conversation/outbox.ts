// What is owed to Postgres. There is no row of its own: everything changed after `syncedRev` is owed, so owing costs
// nothing, and being paid costs one row. Never throws; a row that Postgres refuses as data blocks nobody.

import type { LogEntry } from "../../protocol/events.ts";
import { type OutboxWriter, type OwedMessage, weightOf, type WriteFailure } from "../core/owed.ts";
import { outboxDelayMs } from "../core/retry.ts";
import type { Log } from "../telemetry/log.ts";
import type { Journal } from "./journal.ts";
import { toOwed, toOwedConversation } from "./owing.ts";
import type { ConversationRecord, MessageRecord } from "./rows.ts";

const BATCH_MESSAGES = 20;
const BATCH_LENGTH = 2_000_000; // UTF-16 units a request: a batch stays far below what Neon and the isolate can hold.
const MAX_REFUSALS = 5;
const LISTING_MS = 15_000; // Whoever was to write a listing by then has died.
const REMOVE_AGAIN_MS = 2_000;

type Host = {
  journal: Journal;
  writer: OutboxWriter;
  record(): ConversationRecord | null;
  /** An answer is being written. */
  isLive(): boolean;
  logOf(message: MessageRecord): readonly LogEntry[];
  now(): number;
  random(): number;
  log: Log;
};

export class Outbox {
  readonly #host: Host;
  #running: Promise<void> | null = null;
  #batchMessages = BATCH_MESSAGES;
  /** When the next try is due, after a failure. */
  #notBefore = 0;
  /** The rev of the conversation that Postgres lists, where this life has told it. */
  #listedRev = 0;
  /** When a listing was handed over of which it is not known yet whether it was written. */
  #listingSince: number | null = null;

  constructor(host: Host) {
    this.#host = host;
  }

  /** When the alarm should look again: in milliseconds since the epoch, null when nothing is owed. */
  get dueAt(): number | null {
    const owedFrom = this.#host.record()?.owedFrom ?? null;
    return owedFrom === null ? null : this.#notBefore;
  }

  /** Pays what is owed, as far as Postgres takes it; `together` with what other conversations owe, in a moment. */
  drain(together = false): Promise<void> {
    this.#running ??= this.#payAll(together).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Has the list show what is being answered, without waiting for it; should it fail, the next heartbeat pays. */
  listSoon(): void {
    const { journal, writer, isLive, now } = this.#host;
    const record = this.#host.record();
    if (!isLive() || record === null || record.deletedAt !== null || record.rev === this.#listedRev) return;
    this.#listedRev = record.rev;
    this.#listingSince = now();
    writer.list(toOwedConversation(record, journal), (isWritten) => {
      this.#listingSince = null;
      if (!isWritten) this.#listedRev = 0;
    });
  }

  /** The rev has moved by one, and what the list shows has not. */
  keepListed(): void {
    const rev = this.#host.record()?.rev ?? 0;
    if (this.#listedRev === rev - 1) this.#listedRev = rev;
  }

  async #payAll(together: boolean): Promise<void> {
    const { writer } = this.#host;
    // What comes up meanwhile has waited already.
    for (let write = together ? writer.writeTogether : writer.write; this.#host.now() >= this.#notBefore;) {
      const record = this.#host.record();
      if (record === null || record.owedFrom === null) return;
      if ((await this.#pay(record, write)) === "later") return;
      write = writer.write;
    }
  }

  #pay(record: ConversationRecord, write: OutboxWriter["write"]): Promise<"paid" | "later"> {
    if (record.deletedAt !== null) return this.#payRemoval(record);
    return this.#host.isLive() ? this.#payListing(record) : this.#payMessages(record, write);
  }

  /**
   * While an answer is being written Postgres is told what the list shows and no more: question and answer follow
   * together at its end. So nothing is paid off by this, and nothing needs to be stored.
   */
  async #payListing(record: ConversationRecord): Promise<"paid" | "later"> {
    const { journal, writer } = this.#host;
    const { rev } = record;
    const isLost = this.#listingSince !== null && this.#host.now() - this.#listingSince >= LISTING_MS;
    if (rev === this.#listedRev && !isLost) return "later";
    const failure = await writer.write(toOwedConversation(record, journal), []);
    if (this.#host.record() !== record || record.deletedAt !== null) return "paid";
    if (failure !== null) return this.#postpone(record, failure);
    this.#listedRev = rev;
    if (isLost) this.#listingSince = null;
    return "paid";
  }

  async #payRemoval(record: ConversationRecord): Promise<"paid" | "later"> {
    const { writer, now } = this.#host;
    // Of two transactions side by side neither sees the other's row: the listing's would be left standing.
    const isListing = this.#listingSince !== null && now() - this.#listingSince < LISTING_MS;
    const failure = await writer.remove(record.id, record.owner, record.deletedAt ?? 0);
    if (failure !== null) return this.#postpone(record, failure);
    if (isListing) {
      this.#notBefore = now() + REMOVE_AGAIN_MS;
      return "later";
    }
    record.owedFrom = null;
    this.#host.journal.saveConversation(record);
    return "paid";
  }

  async #payMessages(record: ConversationRecord, write: OutboxWriter["write"]): Promise<"paid" | "later"> {
    const { journal, logOf } = this.#host;
    const rev = record.rev;
    const candidates = journal.owed(record.owedFrom ?? 0, record.syncedRev, this.#batchMessages);
    const owed = readWithin(candidates, (message) => toOwed(message, journal, logOf));
    const isAll = owed.length === candidates.length && candidates.length < this.#batchMessages;
    const failure = await write(toOwedConversation(record, journal), owed);
    // Deleted while it was under way: the removal that is owed now settles everything.
    if (this.#host.record() !== record || record.deletedAt !== null) return "paid";
    if (failure !== null) return this.#onFailure(record, owed, failure);
    record.syncedRev = isAll ? rev : (owed.at(-1)?.rev ?? rev);
    record.owedTries = 0;
    if (isAll) this.#batchMessages = BATCH_MESSAGES;
    // Owed no more, unless something changed while this was under way.
    if (isAll && record.rev === rev) {
      record.owedFrom = null;
      journal.forgetRecent();
    }
    journal.saveConversation(record);
    return "paid";
  }

  #onFailure(record: ConversationRecord, owed: readonly OwedMessage[], failure: WriteFailure): "paid" | "later" {
    if (failure.kind === "data" && owed.length > 1) {
      // One of these rows is refused: find it by sending them one by one.
      this.#batchMessages = 1;
      return "paid";
    }
    // It may be the length of the request that finds no answer.
    if (owed.length > 1) this.#batchMessages = Math.ceil(owed.length / 2);
    const [refused] = owed;
    if (failure.kind === "data" && refused !== undefined) {
      const times = this.#host.journal.countRefusal(refused.seq);
      const fields = { conversationId: record.id, seq: refused.seq, times, error: failure.summary };
      this.#host.log.error(times >= MAX_REFUSALS ? "row_set_aside" : "row_refused", fields);
    }
    return this.#postpone(record, failure);
  }

  #postpone(record: ConversationRecord, failure: WriteFailure): "later" {
    const { journal, log, now, random } = this.#host;
    const delayMs = outboxDelayMs(record.owedTries, random());
    this.#notBefore = now() + delayMs;
    record.owedTries++;
    journal.saveConversation(record);
    log.error("outbox_postponed", {
      conversationId: record.id,
      tries: record.owedTries,
      delayMs,
      error: failure.summary,
    });
    return "later";
  }
}

/** As many of the messages as one request should carry, and at least one; what is beyond that is not read. */
function readWithin(messages: readonly MessageRecord[], toRow: (message: MessageRecord) => OwedMessage): OwedMessage[] {
  const owed: OwedMessage[] = [];
  let length = 0;
  for (const message of messages) {
    const row = toRow(message);
    length += weightOf(row);
    if (owed.length > 0 && length > BATCH_LENGTH) break;
    owed.push(row);
  }
  return owed;
}

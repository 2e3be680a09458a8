// What a conversation's object holds between two turns: its journal, its one row, the answer that is being written, and
// the one alarm it may have. Shared by the files beside it; decides nothing about messages.

import type { LogEntry } from "../../protocol/events.ts";
import { type Services, servicesOf } from "../services.ts";
import type { Env } from "../env.ts";
import type { AnswerLog } from "./answer-log.ts";
import { Bell, type Ring } from "./bell.ts";
import { Journal } from "./journal.ts";
import type { Refusal } from "./calls.ts";
import type { LiveAnswer } from "./live-answer.ts";
import { Outbox } from "./outbox.ts";
import { Readers } from "./readers.ts";
import type { ConversationRecord, MessageRecord } from "./rows.ts";

/** A detached answer was killed after 70 s without an alarm; and a dead one is found by it. */
const HEARTBEAT_MS = 10_000;

/** An answer's place among its owner's live ones. Ids are client-made: one used in two conversations is two answers. */
export function leaseOf(conversationId: string, generationId: string): string {
  return `${conversationId}/${generationId}`;
}

/** A start that was not acknowledged yet: its verdict is out. */
export type Pending = { id: string; owner: string; fingerprint: string; settled: Promise<Refusal | null> };

export class Memory {
  readonly services: Services;
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly readers: Readers;
  readonly storage: DurableObjectStorage;
  readonly bell: Bell;
  record: ConversationRecord | null;
  live: LiveAnswer | null = null;
  pending: Pending | null = null;
  /** The last answer that ended here, for those who come back for it: gone when memory is wanted. */
  ended: WeakRef<AnswerLog> | null = null;
  /** Ends this life of the object, whose place another has taken: its lines break, and who comes back finds that one. */
  readonly giveWay: () => void;
  #alarmAt: number | null = null;
  #isListedWhenRead = false;
  #stored: Promise<void> | null = null;

  constructor(state: DurableObjectState, env: Env) {
    const { storage } = state;
    this.services = servicesOf(env);
    const { now, random, log, outboxWriter: writer } = this.services;
    this.storage = storage;
    this.giveWay = () => state.abort("another life of this conversation has taken over");
    this.bell = new Bell(state);
    this.journal = new Journal(storage.sql);
    this.record = this.journal.readConversation();
    this.readers = new Readers(now, () => this.#onRead());
    this.outbox = new Outbox({
      journal: this.journal,
      writer,
      record: () => this.record,
      isLive: () => this.live !== null,
      logOf: (message) => this.logOf(message),
      now,
      random,
      log,
    });
  }

  /** The conversation, for its owner. Null for everybody else, and when there is none: the two look alike. */
  recordFor(ownerId: string): ConversationRecord | null {
    const { record } = this;
    return record !== null && record.owner === ownerId && record.deletedAt === null ? record : null;
  }

  /** The log of an answer that has ended: the last one is still here, mostly. */
  logOf({ id, seq, answer }: MessageRecord): readonly LogEntry[] {
    const log = this.ended?.deref();
    const isNewest = log?.start.messageId === id && log.start.generationId === answer?.generation.id;
    return isNewest ? log.entries : this.journal.readLog(seq);
  }

  /** Notes a change of `seq` (null: of the conversation alone): a new rev, owed to Postgres. The caller saves. */
  touch(record: ConversationRecord, seq: number | null): number {
    record.rev++;
    record.owedFrom = Math.min(record.owedFrom ?? record.nextSeq, seq ?? record.nextSeq);
    return record.rev;
  }

  /** Tells idle tabs that something changed. Once a change: never for a token. */
  announce(): void {
    if (this.record === null || this.record.deletedAt !== null) return;
    this.bell.ring(this.ringOf(this.record));
  }

  ringOf({ rev }: ConversationRecord): Ring {
    return { rev, live: this.live?.generation.id ?? null };
  }

  /** Pays the outbox now, with the alarm behind it should this life end. */
  drain(): Promise<void> {
    this.schedule();
    return this.outbox.drain().then(() => this.schedule());
  }

  /**
   * Has the list show what is being answered, told with other conversations of the isolate. The alarm stands behind it.
   * `isRead`: somebody waits for the stream, so it is told when that is first taken from, which saves asking the storage.
   */
  listSoon(isRead: boolean): void {
    this.schedule();
    if (isRead) this.#isListedWhenRead = true;
    else this.#onceStored(() => this.outbox.listSoon());
  }

  /** What is read has passed the gate: all that was written before it is stored. */
  #onRead(): void {
    if (!this.#isListedWhenRead) return;
    this.#isListedWhenRead = false;
    this.outbox.listSoon();
  }

  /** Pays the outbox together with other conversations of the isolate. The alarm stands behind it. */
  drainTogether(): void {
    this.schedule();
    this.#onceStored(() => void this.outbox.drain(true).then(() => this.schedule()));
  }

  /** What another conversation is to say for this one must be stored: the gate holds back only what this one says. */
  #onceStored(run: () => void): void {
    void this.stored().then(run, () => undefined); // What cannot be stored ends this life.
  }

  /** Settles when all that was written so far is stored for good. Asked once a turn, by however many. */
  stored(): Promise<void> {
    this.#stored ??= this.storage.sync();
    queueMicrotask(() => (this.#stored = null));
    return this.#stored;
  }

  /** Arms the alarm for what is owed, should none stand. */
  keepAlarm(): void {
    if (this.outbox.dueAt !== null) this.schedule();
  }

  alarmFired(): void {
    this.#alarmAt = null;
  }

  /** One alarm: the nearest of heartbeat and outbox, or none. An earlier one that stands is left standing. */
  schedule(): void {
    const safeAt = this.services.now() + HEARTBEAT_MS;
    const { dueAt } = this.outbox;
    // While a payment is under way, or none failed, the alarm is only the net below it.
    const outboxAt = dueAt === null ? null : dueAt > this.services.now() ? dueAt : safeAt;
    const next = this.live === null ? outboxAt : Math.min(safeAt, outboxAt ?? safeAt);
    if (next === null) {
      if (this.#alarmAt !== null) void this.storage.deleteAlarm();
      this.#alarmAt = null;
    } else if (this.#alarmAt === null || next < this.#alarmAt) {
      this.#alarmAt = next;
      void this.storage.setAlarm(next);
    }
  }
}

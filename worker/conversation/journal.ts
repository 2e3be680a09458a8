// What the conversation remembers: its SQLite, synchronous and in one turn. The only file of the object with SQL in it.
// A look at an id that was never sent to writes nothing.

import { appendEntry, type LogEntry, lengthOf } from "../../protocol/events.ts";
import { type Generation, isLive } from "../core/generation.ts";
import type { PromptMessage } from "../core/prompt.ts";
import { RecentMessages } from "./recent-messages.ts";
import { type ConversationRecord, type MessageRecord, readMessage, readOlderConversation } from "./rows.ts";
import type { AnswerRecord } from "../core/answer.ts";
import { CONVERSATION, GENERATIONS, OFFSETS_PER_MESSAGE, SCHEMA, SEGMENT_LENGTH } from "./schema.ts";

/** Where the live log's next text goes: the open segment, or none. */
type OpenSegment = { key: number; part: number; length: number };

/** Whose turn it is to write a log. */
export type Writer = { generationId: string; attempt: number };

const IS_WRITER =
  "exists (select 1 from message where seq = ? and generation_id = ? and attempt = ? and state in ('queued', 'streaming'))";

const READ_TOGETHER = 10; // Messages, by one query.

const MESSAGE_COLUMNS = "m.*, (select p.id from message p where p.seq = m.parent_seq) as parent_id";

export class Journal {
  readonly #sql: SqlStorage;
  readonly #recent = new RecentMessages();
  #open: OpenSegment | null = null;
  /** Whether any message was ever continued; null: not looked yet. */
  #hasContinued: boolean | null = null;
  /** The storage's own count, for the bill: rows written since this object woke. */
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Null for an id that was never sent to. */
  readConversation(): ConversationRecord | null {
    const row = this.#has("conversation") ? this.#read("select * from conversation")[0] : undefined;
    if (row === undefined) return null;
    return "record" in row ? (JSON.parse(String(row["record"])) as ConversationRecord) : this.#convert(row);
  }

  /** From the version, until November 2026, that had a column for each field. */
  #convert(row: Record<string, SqlStorageValue>): ConversationRecord {
    const record = readOlderConversation(row);
    this.#write(`drop table conversation; ${CONVERSATION}`);
    this.saveConversation(record);
    return record;
  }

  create(record: ConversationRecord): void {
    this.#write(SCHEMA);
    this.#hasContinued = false;
    this.saveConversation(record);
  }

  saveConversation(record: ConversationRecord): void {
    this.#write("insert or replace into conversation (one, record) values (1, ?)", JSON.stringify(record));
  }

  insertMessage(message: MessageRecord): void {
    const { answer } = message;
    const generation = answer?.generation;
    this.#write(
      `insert into message (seq, id, parent_seq, role, text, state, model, generation_id, attempt, keeps, base, length,
       started_at, cached, params, rev, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      message.seq,
      message.id,
      message.parentSeq,
      message.role,
      message.text,
      generation?.state ?? null,
      answer?.model ?? null,
      generation?.id ?? null,
      generation?.attempt ?? null,
      generation === undefined ? null : JSON.stringify(generation.keeps),
      generation?.base ?? null,
      generation?.length ?? null,
      generation?.startedAt ?? null,
      answer?.isCached === true ? 1 : 0,
      answer === null ? null : JSON.stringify(answer.params),
      message.rev,
      message.createdAt,
    );
    this.#recent.inserted(message);
  }

  /**
   * Stores where a generation stands. `from` is the attempt whose writer this is: a stale one's write misses, and says
   * so by false.
   */
  saveGeneration(seq: number, from: number, generation: Generation, rev: number, costUsd: number | null): boolean {
    const before = this.rowsWritten;
    this.#write(
      `update message set state = ?, attempt = ?, keeps = ?, length = ?, finish_reason = ?, error = ?,
       input_tokens = ?, output_tokens = ?, cost_usd = ?, rev = ? where seq = ? and generation_id = ? and attempt = ?`,
      generation.state,
      generation.attempt,
      JSON.stringify(generation.keeps),
      generation.length,
      generation.finishReason,
      generation.error,
      generation.usage?.inputTokens ?? null,
      generation.usage?.outputTokens ?? null,
      costUsd,
      rev,
      seq,
      generation.id,
      from,
    );
    const isCurrent = this.rowsWritten > before;
    if (isCurrent) this.#recent.saved(seq, generation, rev, costUsd);
    return isCurrent;
  }

  /** Gives a message a new generation that goes on where `before` ended, and keeps what that one was. */
  continueMessage(seq: number, before: AnswerRecord, answer: AnswerRecord, rev: number): void {
    const { generation, model, params, isCached } = answer;
    this.#recent.forget();
    this.#createGenerations();
    this.#write(
      "insert or replace into generation (id, seq, record) values (?, ?, ?), (?, ?, null)",
      before.generation.id,
      seq,
      JSON.stringify(before),
      generation.id,
      seq,
    );
    this.#write(
      `update message set state = ?, model = ?, generation_id = ?, attempt = 1, keeps = '[]', base = ?, length = ?,
       started_at = ?, finish_reason = null, error = null, input_tokens = null, output_tokens = null, cost_usd = null, cached = ?,
       params = ?, rev = ? where seq = ?`,
      generation.state,
      model,
      generation.id,
      generation.base,
      generation.length,
      generation.startedAt,
      isCached ? 1 : 0,
      JSON.stringify(params),
      rev,
      seq,
    );
  }

  /** What a continued message's generations before its newest were, oldest first. */
  earlierGenerations(seq: number): AnswerRecord[] {
    if (!this.#isContinued()) return [];
    const rows = this.#read("select record from generation where seq = ? and record is not null", seq);
    const records: AnswerRecord[] = rows.map((row) => JSON.parse(String(row["record"])));
    return records.sort((a, b) => a.generation.startedAt - b.generation.startedAt);
  }

  /** Puts back what `earlierGenerations` said, beside the message's newest. */
  restoreGenerations(seq: number, earlier: readonly AnswerRecord[], newestId: string): void {
    this.#recent.forget();
    this.#createGenerations();
    for (const record of earlier) {
      this.#write(
        "insert into generation (id, seq, record) values (?, ?, ?)",
        record.generation.id,
        seq,
        JSON.stringify(record),
      );
    }
    this.#write("insert into generation (id, seq, record) values (?, ?, null)", newestId, seq);
  }

  /** A generation of a continued message: which message, and what it was, or null while it is the message's newest. */
  findContinued(generationId: string): { seq: number; past: AnswerRecord | null } | null {
    if (!this.#isContinued()) return null;
    const row = this.#read("select seq, record from generation where id = ?", generationId)[0];
    if (row === undefined) return null;
    return { seq: Number(row["seq"]), past: row["record"] === null ? null : JSON.parse(String(row["record"])) };
  }

  #isContinued(): boolean {
    return (this.#hasContinued ??= this.#has("generation"));
  }

  #createGenerations(): void {
    this.#write(GENERATIONS);
    this.#hasContinued = true;
  }

  findMessage(id: string): MessageRecord | null {
    const row = this.#read(`select ${MESSAGE_COLUMNS} from message m where id = ?`, id)[0];
    return row === undefined ? null : readMessage(row);
  }

  messageAt(seq: number): MessageRecord | null {
    const row = this.#read(`select ${MESSAGE_COLUMNS} from message m where seq = ?`, seq)[0];
    return row === undefined ? null : readMessage(row);
  }

  idAt(seq: number): string | null {
    const recent = this.#recent.get(seq);
    if (recent !== undefined) return recent.id;
    const id = this.#read("select id from message where seq = ?", seq)[0]?.["id"];
    return id === undefined ? null : String(id);
  }

  /** The newest messages below `before`, newest first. */
  messagesBefore(before: number, limit: number): MessageRecord[] {
    return this.#read(
      `select ${MESSAGE_COLUMNS} from message m where seq < ? order by seq desc limit ?`,
      before,
      limit,
    ).map(readMessage);
  }

  /**
   * The branch that ends in `leaf`, oldest first: at most `limit` messages of it, and no more than `length` UTF-16 units
   * and the message that goes past them. Read from the leaf: answers as far as they fit, and with them at most nine
   * messages of people that do not.
   */
  branch(leaf: number | null, limit: number, length: number): PromptMessage[] {
    if (leaf === null) return [];
    const rows = this.#read(
      `with recursive branch (seq, parent_seq, role, length, depth) as (
         select seq, parent_seq, role, length, 1 from message where seq = ?
         union all
         select m.seq, m.parent_seq, m.role, m.length, depth + 1 from message m
         join branch on m.seq = branch.parent_seq where depth < ?
       ) select seq, role, coalesce(length, 0) as length from branch order by depth`,
      leaf,
      limit,
    );
    const branch: PromptMessage[] = [];
    for (let [first, left] = [0, length]; first < rows.length && left >= 0;) {
      // Read together as far as they fit, by the length that an answer's row has; what people said has none, and a bound.
      let last = first;
      for (let fit = left; last < rows.length && last - first < READ_TOGETHER && fit >= 0; last++) {
        fit -= Number(rows[last]?.["length"]);
      }
      const some = rows.slice(first, last);
      const texts = this.#texts(some.map((row) => Number(row["seq"])));
      for (const row of some) {
        const content = texts.get(Number(row["seq"])) ?? "";
        if (left >= 0) branch.push({ role: row["role"] === "user" ? "user" : "assistant", content });
        left -= content.length;
      }
      first = last;
    }
    return branch.reverse();
  }

  /** The words of so many messages, by `seq`: what people said, and of answers what is no reasoning. */
  #texts(seqs: readonly number[]): Map<number, string> {
    const rows = this.#read(
      `select j.value as seq, m.text as body from json_each(?1) j cross join message m on m.seq = j.value where m.role = 'user'
       union all
       select * from (select j.value, s.body from json_each(?1) j
         cross join segment s on s.key >= j.value * ${OFFSETS_PER_MESSAGE} and s.key < (j.value + 1) * ${OFFSETS_PER_MESSAGE}
         where s.part = 0 order by s.key)`,
      JSON.stringify(seqs),
    );
    const texts = new Map<number, string>();
    for (const row of rows) {
      const seq = Number(row["seq"]);
      texts.set(seq, (texts.get(seq) ?? "") + String(row["body"]));
    }
    return texts;
  }

  /** A message's log, coalesced. */
  readLog(seq: number): LogEntry[] {
    const log: LogEntry[] = [];
    for (const { part, body } of this.#segments(seq)) {
      appendEntry(log, part === null ? { op: JSON.parse(body) } : { part, text: body });
    }
    return log;
  }

  #segments(seq: number): { part: number | null; body: string }[] {
    const first = seq * OFFSETS_PER_MESSAGE;
    return this.#read(
      "select part, body from segment where key >= ? and key < ? order by key",
      first,
      first + OFFSETS_PER_MESSAGE,
    ).map((row) => ({ part: row["part"] === null ? null : Number(row["part"]), body: String(row["body"]) }));
  }

  /**
   * Appends to a message's log at `offset`, its length so far: one row a run, growing. False, and nothing is written,
   * when `writer` writes it no more: another attempt has begun, or it has ended. Null: nobody has to be asked.
   */
  appendLog(seq: number, offset: number, entries: readonly LogEntry[], writer: Writer | null): boolean {
    let position = offset;
    // In one turn nobody comes between: who may write the first of them may write them all.
    let guard = writer === null ? [] : [seq, writer.generationId, writer.attempt];
    for (const entry of entries) {
      if (!this.#appendEntry(seq * OFFSETS_PER_MESSAGE + position, entry, guard)) return false;
      guard = [];
      position += lengthOf(entry);
    }
    return true;
  }

  #appendEntry(key: number, entry: LogEntry, guard: SqlStorageValue[]): boolean {
    const before = this.rowsWritten;
    const [part, body] = "op" in entry ? [null, JSON.stringify(entry.op)] : [entry.part, entry.text];
    const open = part === null ? null : this.#openFor(key, part);
    if (open === null) {
      const where = guard.length === 0 ? "" : ` where ${IS_WRITER}`;
      this.#write(`insert into segment (key, part, body) select ?, ?, ?${where}`, key, part, body, ...guard);
    } else {
      const and = guard.length === 0 ? "" : ` and ${IS_WRITER}`;
      this.#write(`update segment set body = body || ? where key = ?${and}`, body, open.key, ...guard);
    }
    if (this.rowsWritten === before) return false;
    if (open !== null) open.length += body.length;
    else this.#open = part === null ? null : { key, part, length: body.length };
    return true;
  }

  #openFor(key: number, part: number): OpenSegment | null {
    const open = this.#open;
    const isNext = open !== null && open.part === part && open.key + open.length === key;
    return isNext && open.length < SEGMENT_LENGTH ? open : null;
  }

  /** Forgets which segment was growing: a new attempt or another message begins a row of its own. */
  closeLog(): void {
    this.#open = null;
  }

  /** Messages that Postgres has not been told of, oldest change first. Live answers are told at their end. */
  owed(from: number, syncedRev: number, limit: number): MessageRecord[] {
    const recent = this.#recent.since(from);
    if (recent !== null) {
      return recent
        .filter(({ rev, answer }) => rev > syncedRev && !(answer !== null && isLive(answer.generation.state)))
        .sort((a, b) => a.rev - b.rev || a.seq - b.seq)
        .slice(0, limit);
    }
    return this.#read(
      `select ${MESSAGE_COLUMNS} from message m
       where seq >= ? and rev > ? and refused_tries < 5 and (state is null or state not in ('queued', 'streaming'))
       order by rev, seq limit ?`,
      from,
      syncedRev,
      limit,
    ).map(readMessage);
  }

  /** Postgres knows all there is, so it will not be asked for soon. */
  forgetRecent(): void {
    this.#recent.forget();
  }

  /** Removes all messages and logs. Dropped whole: rows deleted one by one would each be written. */
  erase(): void {
    this.#write("drop table message; drop table segment; drop table if exists generation;");
    this.#hasContinued = false;
    this.#open = null;
    this.#recent.forget();
  }

  /** Counts a refusal of a row by Postgres as data. Returns how many there were. */
  countRefusal(seq: number): number {
    this.#recent.forget();
    this.#write("update message set refused_tries = refused_tries + 1 where seq = ?", seq);
    return Number(this.#read("select refused_tries from message where seq = ?", seq)[0]?.["refused_tries"] ?? 0);
  }

  #has(table: string): boolean {
    return this.#read("select 1 from sqlite_master where type = 'table' and name = ?", table).length > 0;
  }

  #read(query: string, ...bindings: SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }

  #write(query: string, ...bindings: SqlStorageValue[]): void {
    this.rowsWritten += this.#sql.exec(query, ...bindings).rowsWritten;
  }
}

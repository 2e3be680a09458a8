// What the conversation remembers: its SQLite, synchronous and in one turn. All of the object's SQL is here, but for that
// of an older layout.
// A look at an id that was never sent to writes nothing.

import { appendEntry, type LogEntry, lengthOf } from "../../protocol/events.ts";
import type { Growth } from "../core/flush.ts";
import { type Generation, isLive } from "../core/generation.ts";
import type { PromptMessage } from "../core/prompt.ts";
import { RecentMessages } from "./recent-messages.ts";
import { moveOlderLogs, readOlderConversation, readOlderMessages } from "./older-layout.ts";
import { type ConversationRecord, type MessageRecord, readMessage, writeMessage } from "./rows.ts";
import type { AnswerRecord } from "../core/answer.ts";
import { GENERATIONS, INDEX, KEYS_PER_MESSAGE, SCHEMA, SEGMENT_LENGTH, UNINDEXED_MESSAGES } from "./schema.ts";

/** The row that the live log's next text goes to, and where that text must begin to do so: the key of its position. */
type OpenRun = { key: number; next: number; part: number; length: number };

/** Whose turn it is to write a log. */
export type Writer = { generationId: string; attempt: number };

// One statement for the conversation, and for where an answer that this life has begun stands and what it has said: to
// compile one costs more than to run it, and what was compiled is kept for each conversation.
const SAVE = `update entry set length = ?, writer = ?, record = ?, body = ifnull(body, '') || ?
  where key = ? and writer is ?`;

/** Begins a row of a log or lengthens the open one. Another that stands at this key is not touched. */
const appendWhere = (condition: string) => `insert into entry (key, part, body) select ?, ?, ? where ${condition}
  on conflict (key) do update set body = body || excluded.body where ?`;
const APPEND = appendWhere("true");
const APPEND_AS_WRITER = appendWhere("exists (select 1 from entry where key = ? and writer = ?)");

const READ_TOGETHER = 10; // Messages, by one query.

const MESSAGE = `m.key / ${KEYS_PER_MESSAGE} as seq, m.id, m.parent, iif(m.length is null, m.body, '') as body, m.record,
  (select p.id from entry p where p.key = m.parent * ${KEYS_PER_MESSAGE}) as parent_id from entry m`;

/** The key of a message; behind it come those of its log. */
const keyOf = (seq: number) => seq * KEYS_PER_MESSAGE;

/** The key of a row that begins at a position of a message's log. */
const keyAt = (seq: number, position: number) => keyOf(seq) + 1 + position;

const UNINDEXED_KEYS = Array.from({ length: UNINDEXED_MESSAGES }, (_, index) => keyOf(index + 1)).join(", ");

const nameWriter = ({ generationId, attempt }: Writer) => `${generationId}.${attempt}`;

/** Null when nobody writes it: it has ended, or is no answer. */
function writerOf(generation: Generation | undefined): string | null {
  if (generation === undefined || !isLive(generation.state)) return null;
  return nameWriter({ generationId: generation.id, attempt: generation.attempt });
}

/** In the order of the columns that `#insert` fills. */
function rowOf(message: MessageRecord): SqlStorageValue[] {
  const { seq, id, parentSeq, answer, text } = message;
  const [length, body] = answer === null ? [null, text] : [answer.generation.length, null];
  return [keyOf(seq), id, parentSeq, length, writerOf(answer?.generation), body, writeMessage(message)];
}

export class Journal {
  readonly #sql: SqlStorage;
  readonly #recent = new RecentMessages();
  #open: OpenRun | null = null;
  // Both are known once the conversation was read or created: whether any message was ever continued, and whether messages
  // are indexed by their ids.
  #hasContinued = false;
  #isIndexed = false;
  /** The storage's own count, for the bill: rows written since this object woke. */
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Null for an id that was never sent to. */
  readConversation(): ConversationRecord | null {
    const rows = this.#read("select name from sqlite_master");
    const names = new Set(rows.map(({ name }) => String(name)));
    if (names.has("conversation")) return this.#convert(names);
    if (!names.has("entry")) return null;
    this.#hasContinued = names.has("generation");
    this.#isIndexed = names.has("message_id");
    const [row] = this.#read("select record from entry where key = 0");
    return row === undefined ? null : (JSON.parse(String(row["record"])) as ConversationRecord);
  }

  #convert(names: ReadonlySet<string>): ConversationRecord | null {
    const record = readOlderConversation(this.#sql);
    if (record === null) return null;
    // Where both are there an older version came back for a while: it has begun anew, from what Postgres knew.
    this.#write("drop table if exists entry");
    this.create(record);
    for (const message of readOlderMessages(this.#sql, names)) this.insertMessage(message);
    this.#recent.forget();
    this.#write(moveOlderLogs(names));
    this.#hasContinued = names.has("generation");
    return record;
  }

  /** In one statement with its `first` messages: most conversations begin with them, and each more costs. */
  create(record: ConversationRecord, first: readonly MessageRecord[] = []): void {
    const conversation = [0, null, null, null, null, null, JSON.stringify(record)];
    this.#insert(SCHEMA, [conversation, ...first.map(rowOf)]);
    this.#hasContinued = false;
    this.#isIndexed = false;
    for (const message of first) this.#recent.inserted(message);
  }

  saveConversation(record: ConversationRecord): void {
    this.#write(SAVE, null, null, JSON.stringify(record), null, 0, null);
  }

  insertMessage(message: MessageRecord): void {
    if (message.seq > UNINDEXED_MESSAGES && !this.#isIndexed) {
      this.#write(INDEX);
      this.#isIndexed = true;
    }
    this.#insert("", [rowOf(message)]);
    this.#recent.inserted(message);
  }

  #insert(before: string, rows: readonly SqlStorageValue[][]): void {
    const places = rows.map(() => "(?, ?, ?, ?, ?, ?, ?)").join(", ");
    const insert = `insert into entry (key, id, parent, length, writer, body, record) values ${places}`;
    this.#write(`${before}${insert}`, ...rows.flat());
  }

  /**
   * Stores where a generation stands that is being written, and what its log has grown by. `from` is the attempt whose
   * writer this is: a stale one's write misses, and says so by false.
   */
  saveGeneration(
    seq: number,
    from: number,
    generation: Generation,
    rev: number,
    costUsd: number | null,
    { offset, entries }: Growth = { offset: generation.length, entries: [] },
  ): boolean {
    const writer = { generationId: generation.id, attempt: from };
    const saved = this.#recent.savedAs(seq, generation, rev, costUsd);
    const text = saved === null ? null : this.#beginning(seq, offset, entries);
    if (text === null && !this.appendLog(seq, offset, entries, writer)) return false;
    if (saved === null) return this.#updateGeneration(seq, writer, generation, rev, costUsd);
    const isCurrent = this.#saveAnswer(saved, generation.length, text ?? "", writer);
    if (isCurrent) this.#recent.saved(saved);
    return isCurrent;
  }

  /** An answer's row as it is from now on, with `text` behind what its log begins with. */
  #saveAnswer(message: MessageRecord, length: number, text: string, writer: Writer): boolean {
    const before = this.rowsWritten;
    const key = keyOf(message.seq);
    const nextWriter = writerOf(message.answer?.generation);
    this.#write(SAVE, length, nextWriter, writeMessage(message), text, key, nameWriter(writer));
    if (this.rowsWritten === before) return false;
    if (text !== "") this.#open = { key, next: keyAt(message.seq, length), part: 0, length };
    return true;
  }

  #updateGeneration(seq: number, writer: Writer, generation: Generation, rev: number, costUsd: number | null): boolean {
    const before = this.rowsWritten;
    this.#write(
      `update entry set length = ?, writer = ?,
       record = json_set(record, '$.rev', ?, '$.generation', json(?), '$.costUsd', ?) where key = ? and writer = ?`,
      generation.length,
      writerOf(generation),
      rev,
      JSON.stringify(generation),
      costUsd,
      keyOf(seq),
      nameWriter(writer),
    );
    return this.rowsWritten > before;
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
      `update entry set length = ?, writer = ?, record = json_set(record, '$.rev', ?, '$.generation', json(?),
       '$.model', ?, '$.params', json(?), '$.isCached', json(?), '$.costUsd', null) where key = ?`,
      generation.length,
      writerOf(generation),
      rev,
      JSON.stringify(generation),
      model,
      JSON.stringify(params),
      JSON.stringify(isCached),
      keyOf(seq),
    );
  }

  /** What a continued message's generations before its newest were, oldest first. */
  earlierGenerations(seq: number): AnswerRecord[] {
    if (!this.#hasContinued) return [];
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
    if (!this.#hasContinued) return null;
    const row = this.#read("select seq, record from generation where id = ?", generationId)[0];
    if (row === undefined) return null;
    return { seq: Number(row["seq"]), past: row["record"] === null ? null : JSON.parse(String(row["record"])) };
  }

  #createGenerations(): void {
    this.#write(GENERATIONS);
    this.#hasContinued = true;
  }

  findMessage(id: string): MessageRecord | null {
    // Without an index the rows of logs would be looked through too: some providers fill thousands.
    const among = this.#isIndexed ? "" : ` and m.key in (${UNINDEXED_KEYS})`;
    const row = this.#read(`select ${MESSAGE} where m.id = ?${among}`, id)[0];
    return row === undefined ? null : readMessage(row);
  }

  messageAt(seq: number): MessageRecord | null {
    const row = this.#read(`select ${MESSAGE} where m.key = ?`, keyOf(seq))[0];
    return row === undefined ? null : readMessage(row);
  }

  idAt(seq: number): string | null {
    const recent = this.#recent.get(seq);
    if (recent !== undefined) return recent.id;
    const id = this.#read("select id from entry where key = ?", keyOf(seq))[0]?.["id"];
    return id === undefined ? null : String(id);
  }

  /** The newest messages below `before`, newest first. */
  messagesBefore(before: number, limit: number): MessageRecord[] {
    return this.#read(
      `select ${MESSAGE} where m.key < ? and m.id is not null order by m.key desc limit ?`,
      keyOf(before),
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
      `with recursive branch (key, parent, length, depth) as (
         select key, parent, length, 1 from entry where key = ?
         union all
         select m.key, m.parent, m.length, depth + 1 from entry m
         join branch on m.key = branch.parent * ${KEYS_PER_MESSAGE} where depth < ?
       ) select key / ${KEYS_PER_MESSAGE} as seq, length from branch order by depth`,
      keyOf(leaf),
      limit,
    );
    const branch: PromptMessage[] = [];
    for (let [first, left] = [0, length]; first < rows.length && left >= 0;) {
      // Read together as far as they fit, by the length that an answer's row has; what people said has none, and a bound.
      let last = first;
      for (let fit = left; last < rows.length && last - first < READ_TOGETHER && fit >= 0; last++) {
        fit -= Number(rows[last]?.["length"] ?? 0);
      }
      const some = rows.slice(first, last);
      const texts = this.#texts(some.map((row) => Number(row["seq"])));
      for (const row of some) {
        const content = texts.get(Number(row["seq"])) ?? "";
        if (left >= 0) branch.push({ role: row["length"] === null ? "user" : "assistant", content });
        left -= content.length;
      }
      first = last;
    }
    return branch.reverse();
  }

  /** The words of so many messages, by `seq`: what people said, and of answers what is no reasoning. */
  #texts(seqs: readonly number[]): Map<number, string> {
    const rows = this.#read(
      `select j.value as seq, e.body from json_each(?) j
       cross join entry e on e.key >= j.value * ${KEYS_PER_MESSAGE} and e.key < (j.value + 1) * ${KEYS_PER_MESSAGE}
       where e.part = 0 or e.id is not null order by e.key`,
      JSON.stringify(seqs),
    );
    const texts = new Map<number, string>();
    for (const row of rows) {
      const seq = Number(row["seq"]);
      texts.set(seq, (texts.get(seq) ?? "") + String(row["body"] ?? ""));
    }
    return texts;
  }

  /** An answer's log, coalesced. */
  readLog(seq: number): LogEntry[] {
    const log: LogEntry[] = [];
    const rows = this.#read(
      "select id, part, body from entry where key >= ? and key < ? order by key",
      keyOf(seq),
      keyOf(seq + 1),
    );
    for (const { id, part, body } of rows) {
      if (id !== null) appendEntry(log, { part: 0, text: String(body ?? "") });
      else if (part === null) appendEntry(log, { op: JSON.parse(String(body)) });
      else appendEntry(log, { part: Number(part), text: String(body) });
    }
    return log;
  }

  /**
   * Appends to a message's log at `offset`, its length so far: one row a run, growing. False, and nothing is written,
   * when `writer` writes it no more: another attempt has begun, or it has ended. Null: nobody has to be asked.
   */
  appendLog(seq: number, offset: number, entries: readonly LogEntry[], writer: Writer | null): boolean {
    const message = this.#recent.get(seq);
    const text = this.#beginning(seq, offset, entries);
    if (writer !== null && message !== undefined && text !== null) {
      return this.#saveAnswer(message, offset + text.length, text, writer);
    }
    let position = offset;
    // In one turn nobody comes between: who may write the first of them may write them all.
    let guard = writer === null ? [] : [keyOf(seq), nameWriter(writer)];
    for (const entry of entries) {
      if (!this.#appendEntry(keyAt(seq, position), entry, guard)) return false;
      guard = [];
      position += lengthOf(entry);
    }
    return true;
  }

  /** The text of these entries, where that is how the answer begins or goes on with its first run; else null. */
  #beginning(seq: number, offset: number, [entry, ...more]: readonly LogEntry[]): string | null {
    if (entry === undefined || more.length > 0 || "op" in entry || entry.part !== 0) return null;
    const isFirst = offset === 0 || this.#openFor(keyAt(seq, offset), 0)?.key === keyOf(seq);
    return isFirst ? entry.text : null;
  }

  #appendEntry(key: number, entry: LogEntry, guard: SqlStorageValue[]): boolean {
    const before = this.rowsWritten;
    const [part, body] = "op" in entry ? [null, JSON.stringify(entry.op)] : [entry.part, entry.text];
    const open = part === null ? null : this.#openFor(key, part);
    this.#write(
      guard.length === 0 ? APPEND : APPEND_AS_WRITER,
      open?.key ?? key,
      part,
      body,
      ...guard,
      open === null ? 0 : 1,
    );
    if (this.rowsWritten === before) return false;
    const length = (open?.length ?? 0) + body.length;
    this.#open = part === null ? null : { key: open?.key ?? key, next: key + body.length, part, length };
    return true;
  }

  #openFor(key: number, part: number): OpenRun | null {
    const open = this.#open;
    return open !== null && open.part === part && open.next === key && open.length < SEGMENT_LENGTH ? open : null;
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
      `select ${MESSAGE}
       where m.key >= ? and m.id is not null and m.writer is null and m.record ->> 'rev' > ?
       and coalesce(m.record ->> 'refusedTries', 0) < 5 order by m.record ->> 'rev', m.key limit ?`,
      keyOf(from),
      syncedRev,
      limit,
    ).map(readMessage);
  }

  /** Postgres knows all there is, so it will not be asked for soon. */
  forgetRecent(): void {
    this.#recent.forget();
  }

  /** Leaves `stone` and nothing else. Dropped whole: rows deleted one by one would each be written. */
  erase(stone: ConversationRecord): void {
    this.#write("drop table entry; drop table if exists generation;");
    this.create(stone);
    this.#open = null;
    this.#recent.forget();
  }

  /** Counts a refusal of a row by Postgres as data. Returns how many there were. */
  countRefusal(seq: number): number {
    this.#recent.forget();
    this.#write(
      "update entry set record = json_set(record, '$.refusedTries', coalesce(record ->> 'refusedTries', 0) + 1) where key = ?",
      keyOf(seq),
    );
    const [row] = this.#read("select record ->> 'refusedTries' as tries from entry where key = ?", keyOf(seq));
    return Number(row?.["tries"] ?? 0);
  }

  #read(query: string, ...bindings: SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }

  #write(query: string, ...bindings: SqlStorageValue[]): void {
    this.rowsWritten += this.#sql.exec(query, ...bindings).rowsWritten;
  }
}

// What the conversation remembers: its SQLite, synchronous and in one turn. All of the object's SQL is here, but for what a
// prompt reads, the generations of continued messages, and an older layout.
// A look at an id that was never sent to writes nothing.

import { appendEntry, type LogEntry, lengthOf } from "../../protocol/events.ts";
import type { Growth } from "../core/flush.ts";
import { type Generation, isLive } from "../core/generation.ts";
import type { PromptMessage } from "../core/prompt.ts";
import { RecentMessages } from "./recent-messages.ts";
import { moveOlderLogs, readOlderConversation, readOlderMessages, renameOlderTables } from "./older-layout.ts";
import { type ConversationRecord, type MessageRecord, readMessage, writeMessage } from "./rows.ts";
import type { AnswerRecord } from "../core/answer.ts";
import { ContinuedGenerations } from "./continued-generations.ts";
import { CountedSql } from "./counted-sql.ts";
import { readPromptBranch } from "./prompt-branch.ts";
import { inRuns } from "./runs.ts";
import { INDEX, KEYS_PER_MESSAGE, keyAt, keyOf, SCHEMA, RUN_LENGTH, UNINDEXED_MESSAGES } from "./schema.ts";

/** The run that the live log's next text may go on. */
type OpenRun = {
  /** Of its row. */
  key: number;
  /** Of the position that comes after it: text that begins there goes on with it. */
  next: number;
  part: number;
  /** UTF-16 units in its row. */
  length: number;
};

/** `isLong`: its `text` was left out. */
export type ListedMessage = MessageRecord & { isLong: boolean };

/** Whose turn it is to write a log. */
export type Writer = { generationId: string; attempt: number };

// One statement for the conversation, and for where an answer that this life has begun stands and what it has said: to
// compile one costs more than to run it, and what was compiled is kept for each conversation.
const SAVE = `update ledger set length = ?, writer = ?, record = ?, body = ifnull(body, '') || ?
  where key = ? and writer is ?`;

/** Begins a row of a log or lengthens the open one. Another that stands at this key is not touched. */
const appendWhere = (condition: string) => `insert into ledger (key, part, body) select ?, ?, ? where ${condition}
  on conflict (key) do update set body = body || excluded.body where ?`;
const APPEND = appendWhere("true");
const APPEND_AS_WRITER = appendWhere("exists (select 1 from ledger where key = ? and writer = ?)");

/** `body`: what is read of a person's words; an answer's text is in its log. */
const messageWith = (body: string) =>
  `m.key / ${KEYS_PER_MESSAGE} as seq, m.id, m.parent, iif(m.length is null, ${body}, '') as body, m.record,
  (select p.id from ledger p where p.key = m.parent * ${KEYS_PER_MESSAGE}) as parent_id from ledger m`;
const MESSAGE = messageWith("m.body");

/** A list has words of so many bytes; longer ones are read one by one, as far as they are wanted. */
const LISTED_BYTES = 4_096;
const LISTED_MESSAGE = messageWith(`iif(octet_length(m.body) > ${LISTED_BYTES}, null, m.body)`);

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
  readonly #storage: SqlStorage;
  readonly #sql: CountedSql;
  readonly #continued: ContinuedGenerations;
  readonly #recent = new RecentMessages();
  #open: OpenRun | null = null;
  /** By their ids. Known once the conversation was read or created. */
  #isIndexed = false;

  constructor(storage: SqlStorage) {
    this.#storage = storage;
    this.#sql = new CountedSql(storage);
    this.#continued = new ContinuedGenerations(this.#sql);
  }

  /** Since this object woke, for the bill. */
  get rowsWritten(): number {
    return this.#sql.rowsWritten;
  }

  /** Null for an id that was never sent to. */
  readConversation(): ConversationRecord | null {
    const rows = this.#sql.read("select name from sqlite_master");
    const names = new Set(rows.map(({ name }) => String(name)));
    if (names.has("conversation")) return this.#convert(names);
    if (names.has("entry")) this.#sql.write(renameOlderTables(names));
    else if (!names.has("ledger")) return null;
    this.#continued.isAny = names.has(names.has("entry") ? "generation" : "continuation");
    // Renaming may have dropped a table together with its index.
    this.#isIndexed = names.has("entry") ? this.#hasIndex() : names.has("message_id");
    const [row] = this.#sql.read("select record from ledger where key = 0");
    return row === undefined ? null : (JSON.parse(String(row["record"])) as ConversationRecord);
  }

  #hasIndex(): boolean {
    return this.#sql.read("select name from sqlite_master where name = 'message_id'").length > 0;
  }

  #convert(names: ReadonlySet<string>): ConversationRecord | null {
    const record = readOlderConversation(this.#storage);
    if (record === null) return null;
    this.#sql.write(renameOlderTables(names));
    this.#sql.write("drop table if exists ledger");
    this.create(record);
    for (const message of readOlderMessages(this.#storage, names)) this.insertMessage(message);
    this.#recent.forget();
    this.#sql.write(moveOlderLogs(names));
    this.#continued.isAny = names.has("generation");
    return record;
  }

  /** In one statement with its `first` messages: most conversations begin with them, and each more costs. */
  create(record: ConversationRecord, first: readonly MessageRecord[] = []): void {
    const conversation = [0, null, null, null, null, null, JSON.stringify(record)];
    this.#insert(SCHEMA, [conversation, ...first.map(rowOf)]);
    this.#continued.isAny = false;
    this.#isIndexed = false;
    for (const message of first) this.#recent.inserted(message);
  }

  saveConversation(record: ConversationRecord): void {
    this.#sql.write(SAVE, null, null, JSON.stringify(record), null, 0, null);
  }

  insertMessage(message: MessageRecord): void {
    if (message.seq > UNINDEXED_MESSAGES && !this.#isIndexed) {
      this.#sql.write(INDEX);
      this.#isIndexed = true;
    }
    this.#insert("", [rowOf(message)]);
    this.#recent.inserted(message);
  }

  #insert(before: string, rows: readonly SqlStorageValue[][]): void {
    const places = rows.map(() => "(?, ?, ?, ?, ?, ?, ?)").join(", ");
    const insert = `insert into ledger (key, id, parent, length, writer, body, record) values ${places}`;
    this.#sql.write(`${before}${insert}`, ...rows.flat());
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
    const text = saved === null ? null : this.#textForRow(seq, offset, entries);
    if (text === null && !this.appendLog(seq, offset, entries, writer)) return false;
    if (saved === null) return this.#updateGeneration(seq, writer, generation, rev, costUsd);
    const isCurrent = this.#saveAnswer(saved, generation.length, text ?? "", writer);
    if (isCurrent) this.#recent.saved(saved);
    return isCurrent;
  }

  /** An answer's row as it is from now on, with `text` behind what it holds of the log. */
  #saveAnswer(message: MessageRecord, length: number, text: string, writer: Writer): boolean {
    const key = keyOf(message.seq);
    const nextWriter = writerOf(message.answer?.generation);
    if (!this.#sql.write(SAVE, length, nextWriter, writeMessage(message), text, key, nameWriter(writer))) return false;
    if (text !== "") this.#open = { key, next: keyAt(message.seq, length), part: 0, length };
    return true;
  }

  #updateGeneration(seq: number, writer: Writer, generation: Generation, rev: number, costUsd: number | null): boolean {
    return this.#sql.write(
      `update ledger set length = ?, writer = ?,
       record = json_set(record, '$.rev', ?, '$.generation', json(?), '$.costUsd', ?) where key = ? and writer = ?`,
      generation.length,
      writerOf(generation),
      rev,
      JSON.stringify(generation),
      costUsd,
      keyOf(seq),
      nameWriter(writer),
    );
  }

  /** Gives a message a new generation that goes on where `before` ended, and keeps what that one was. */
  continueMessage(seq: number, before: AnswerRecord, answer: AnswerRecord, rev: number): void {
    const { generation, model, params, isCached } = answer;
    this.#recent.forget();
    this.#continued.goOn(seq, before, generation.id);
    this.#sql.write(
      `update ledger set length = ?, writer = ?, record = json_set(record, '$.rev', ?, '$.generation', json(?),
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
    return this.#continued.earlier(seq);
  }

  /** Puts back what `earlierGenerations` said, beside the message's newest. */
  restoreGenerations(seq: number, earlier: readonly AnswerRecord[], newestId: string): void {
    this.#recent.forget();
    this.#continued.restore(seq, earlier, newestId);
  }

  /** A generation of a continued message: which message, and what it was, or null while it is the message's newest. */
  findContinued(generationId: string): { seq: number; past: AnswerRecord | null } | null {
    return this.#continued.find(generationId);
  }

  findMessage(id: string): MessageRecord | null {
    // Without an index the rows of logs would be looked through too: some providers fill thousands.
    const among = this.#isIndexed ? "" : ` and m.key in (${UNINDEXED_KEYS})`;
    const row = this.#sql.read(`select ${MESSAGE} where m.id = ?${among}`, id)[0];
    return row === undefined ? null : readMessage(row);
  }

  messageAt(seq: number): MessageRecord | null {
    const row = this.#sql.read(`select ${MESSAGE} where m.key = ?`, keyOf(seq))[0];
    return row === undefined ? null : readMessage(row);
  }

  idAt(seq: number): string | null {
    const recent = this.#recent.get(seq);
    if (recent !== undefined) return recent.id;
    const id = this.#sql.read("select id from ledger where key = ?", keyOf(seq))[0]?.["id"];
    return id === undefined ? null : String(id);
  }

  /** The newest messages below `before`, newest first, without the words of those whose words are long. */
  listBefore(before: number, limit: number): ListedMessage[] {
    return this.#sql
      .read(
        `select ${LISTED_MESSAGE} where m.key < ? and m.id is not null order by m.key desc limit ?`,
        keyOf(before),
        limit,
      )
      .map((row) => ({ ...readMessage(row), isLong: row["body"] === null }));
  }

  /** The branch that ends in `leaf`, oldest first, as far as it fits: so many messages, and UTF-16 units about. */
  branch(leaf: number | null, limit: number, length: number): PromptMessage[] {
    return leaf === null ? [] : readPromptBranch(this.#sql, leaf, limit, length);
  }

  /** An answer's log, coalesced. */
  readLog(seq: number): LogEntry[] {
    const log: LogEntry[] = [];
    const rows = this.#sql.read(
      "select id, part, body from ledger where key >= ? and key < ? order by key",
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
   * Appends to a message's log at `offset`, its length so far: one row a run, growing, or several where it is long.
   * False, and nothing is written, when `writer` writes it no more: another attempt has begun, or it has ended. Null:
   * nobody has to be asked.
   */
  appendLog(seq: number, offset: number, entries: readonly LogEntry[], writer: Writer | null): boolean {
    const message = this.#recent.get(seq);
    const text = this.#textForRow(seq, offset, entries);
    if (writer !== null && message !== undefined && text !== null) {
      return this.#saveAnswer(message, offset + text.length, text, writer);
    }
    let position = offset;
    // In one turn nobody comes between: who may write the first of them may write them all.
    let guard = writer === null ? [] : [keyOf(seq), nameWriter(writer)];
    for (const run of inRuns(entries)) {
      if (!this.#appendRun(keyAt(seq, position), run, guard)) return false;
      guard = [];
      position += lengthOf(run);
    }
    return true;
  }

  /** The text of these entries, where it goes into the message's row: the log's first run, or more of it. Else null. */
  #textForRow(seq: number, offset: number, [entry, ...more]: readonly LogEntry[]): string | null {
    if (entry === undefined || more.length > 0 || "op" in entry || entry.part !== 0) return null;
    const { text } = entry;
    if (offset === 0) return text.length > RUN_LENGTH ? null : text;
    return this.#openFor(keyAt(seq, offset), 0, text.length)?.key === keyOf(seq) ? text : null;
  }

  #appendRun(key: number, run: LogEntry, guard: SqlStorageValue[]): boolean {
    const [part, body] = "op" in run ? [null, JSON.stringify(run.op)] : [run.part, run.text];
    const open = part === null ? null : this.#openFor(key, part, body.length);
    const append = guard.length === 0 ? APPEND : APPEND_AS_WRITER;
    const isOpen = open === null ? 0 : 1;
    if (!this.#sql.write(append, open?.key ?? key, part, body, ...guard, isOpen)) return false;
    const length = (open?.length ?? 0) + body.length;
    this.#open = part === null ? null : { key: open?.key ?? key, next: key + body.length, part, length };
    return true;
  }

  /** The run that so many units of a part go on at this key. */
  #openFor(key: number, part: number, length: number): OpenRun | null {
    const open = this.#open;
    if (open === null || open.part !== part || open.next !== key) return null;
    return open.length + length <= RUN_LENGTH ? open : null;
  }

  /** Forgets which run was growing: what a new attempt says, or another message, goes on with none. */
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
    return this.#sql
      .read(
        `select ${MESSAGE}
         where m.key >= ? and m.id is not null and m.writer is null and m.record ->> 'rev' > ?
         and coalesce(m.record ->> 'refusedTries', 0) < 5 order by m.record ->> 'rev', m.key limit ?`,
        keyOf(from),
        syncedRev,
        limit,
      )
      .map(readMessage);
  }

  /** Postgres knows all there is, so it will not be asked for soon. */
  forgetRecent(): void {
    this.#recent.forget();
  }

  /** Leaves `stone` and nothing else. Dropped whole: rows deleted one by one would each be written. */
  erase(stone: ConversationRecord): void {
    this.#sql.write("drop table ledger; drop table if exists continuation;");
    this.create(stone);
    this.#open = null;
    this.#recent.forget();
  }

  /** Counts a refusal of a row by Postgres as data. Returns how many there were. */
  countRefusal(seq: number): number {
    this.#recent.forget();
    this.#sql.write(
      "update ledger set record = json_set(record, '$.refusedTries', coalesce(record ->> 'refusedTries', 0) + 1) where key = ?",
      keyOf(seq),
    );
    const [row] = this.#sql.read("select record ->> 'refusedTries' as tries from ledger where key = ?", keyOf(seq));
    return Number(row?.["tries"] ?? 0);
  }
}

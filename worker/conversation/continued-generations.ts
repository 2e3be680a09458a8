// The generations of messages that were continued, in a table that is made when one first is. Others are found by their
// message's id. `record` is what an earlier one was, null for the message's newest.

import type { AnswerRecord } from "../core/answer.ts";
import type { CountedSql } from "./counted-sql.ts";

const TABLE = `
create table if not exists continuation (
  id text primary key,
  seq integer not null,
  record text
) without rowid;`;

export class ContinuedGenerations {
  readonly #sql: CountedSql;
  /** Whether any message was ever continued: without one there is no table. Set by whoever opens or creates the journal. */
  isAny = false;

  constructor(sql: CountedSql) {
    this.#sql = sql;
  }

  /** A message has a new generation after `before`. */
  goOn(seq: number, before: AnswerRecord, newestId: string): void {
    this.#create();
    this.#sql.write(
      "insert or replace into continuation (id, seq, record) values (?, ?, ?), (?, ?, null)",
      before.generation.id,
      seq,
      JSON.stringify(before),
      newestId,
      seq,
    );
  }

  /** What a continued message's generations before its newest were, oldest first. */
  earlier(seq: number): AnswerRecord[] {
    if (!this.isAny) return [];
    const rows = this.#sql.read("select record from continuation where seq = ? and record is not null", seq);
    const records: AnswerRecord[] = rows.map((row) => JSON.parse(String(row["record"])));
    return records.sort((a, b) => a.generation.startedAt - b.generation.startedAt);
  }

  /** Puts back what `earlier` said, beside the message's newest. */
  restore(seq: number, earlier: readonly AnswerRecord[], newestId: string): void {
    this.#create();
    const insert = "insert into continuation (id, seq, record) values (?, ?, ?)";
    for (const record of earlier) this.#sql.write(insert, record.generation.id, seq, JSON.stringify(record));
    this.#sql.write(insert, newestId, seq, null);
  }

  /** Which message a generation of a continued one belongs to, and what it was, or null while it is the newest. */
  find(generationId: string): { seq: number; past: AnswerRecord | null } | null {
    if (!this.isAny) return null;
    const row = this.#sql.read("select seq, record from continuation where id = ?", generationId)[0];
    if (row === undefined) return null;
    return { seq: Number(row["seq"]), past: row["record"] === null ? null : JSON.parse(String(row["record"])) };
  }

  #create(): void {
    this.#sql.write(TABLE);
    this.isAny = true;
  }
}

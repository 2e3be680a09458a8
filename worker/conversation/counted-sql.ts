// The object's SQLite, with what is written through it counted.

export type Row = Record<string, SqlStorageValue>;

export class CountedSql {
  readonly #sql: SqlStorage;
  /** The storage's own count, for the bill: rows written since this object woke. */
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  read(query: string, ...bindings: SqlStorageValue[]): Row[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }

  /** Whether any row was written. */
  write(query: string, ...bindings: SqlStorageValue[]): boolean {
    const { rowsWritten } = this.#sql.exec(query, ...bindings);
    this.rowsWritten += rowsWritten;
    return rowsWritten > 0;
  }
}

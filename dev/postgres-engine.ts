// What the Neon gateway asks of a Postgres, embedded or real: a clean session for one statement, or for several in one
// transaction. Values travel as Postgres's own text in both directions; no type is parsed here.

import { errorFields } from "@neondatabase/serverless";

export type Statement = { text: string; params: readonly (string | null)[] };

export type Field = {
  name: string;
  tableID: number;
  columnID: number;
  dataTypeID: number;
  dataTypeSize: number;
  dataTypeModifier: number;
};

export type Result = { command: string; rowCount: number | null; fields: Field[]; rows: (string | null)[][] };

export type Session = { run(statement: Statement): Promise<Result> };

export type Engine = {
  /**
   * Lends `use` a session that nobody else holds. Whatever it leaves open (a transaction, a SET, a temporary table, a
   * lock) is undone before the session is lent again. An aborted signal skips a session not yet begun; where the engine
   * can, it also cancels the statement that is running.
   */
  withSession<T>(signal: AbortSignal, use: (session: Session) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

const isolationLevels = {
  ReadUncommitted: "READ UNCOMMITTED",
  ReadCommitted: "READ COMMITTED",
  RepeatableRead: "REPEATABLE READ",
  Serializable: "SERIALIZABLE",
} as const;

export type IsolationLevel = keyof typeof isolationLevels;
export type TransactionMode = { isolationLevel: IsolationLevel | null; readOnly: boolean; deferrable: boolean };

export function isIsolationLevel(name: string): name is IsolationLevel {
  return Object.hasOwn(isolationLevels, name);
}

type ErrorField = (typeof errorFields)[number];

/** Postgres refused a statement; `fields` are its report, under the names that the driver's NeonDbError reads. */
export class StatementError extends Error {
  override readonly name = "StatementError";
  readonly fields: Record<ErrorField, string | null>;

  constructor(report: { message: string } & { [F in ErrorField]?: string | undefined }) {
    super(report.message);
    const field = (name: ErrorField): [ErrorField, string | null] => [name, report[name] ?? null];
    // Object.fromEntries forgets the keys; every one of them is in errorFields.
    this.fields = Object.fromEntries(errorFields.map(field)) as Record<ErrorField, string | null>;
  }
}

export const ROLLBACK: Statement = { text: "ROLLBACK", params: [] };
/** Undoes SETs, temporary tables, LISTENs, prepared statements and session locks; refused inside a transaction. */
export const DISCARD: Statement = { text: "DISCARD ALL", params: [] };

export function runStatement(engine: Engine, statement: Statement, signal: AbortSignal): Promise<Result> {
  return engine.withSession(signal, (session) => session.run(statement));
}

/** All of the statements, or none: the first refusal ends the batch, and giving the session back rolls it back. */
export function runBatch(
  engine: Engine,
  statements: readonly Statement[],
  mode: TransactionMode,
  signal: AbortSignal,
): Promise<Result[]> {
  return engine.withSession(signal, async (session) => {
    await session.run({ text: beginText(mode), params: [] });
    const results: Result[] = [];
    for (const statement of statements) results.push(await session.run(statement));
    await session.run({ text: "COMMIT", params: [] });
    return results;
  });
}

function beginText({ isolationLevel, readOnly, deferrable }: TransactionMode): string {
  const words = ["BEGIN"];
  if (isolationLevel !== null) words.push(`ISOLATION LEVEL ${isolationLevels[isolationLevel]}`);
  if (readOnly) words.push("READ ONLY");
  if (deferrable) words.push("DEFERRABLE");
  return words.join(" ");
}

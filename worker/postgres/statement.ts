// A statement that drizzle compiles once an isolate, and that is only filled in for each row: building the upserts anew
// took a millisecond of CPU each time a conversation told Postgres of an answer.

import { is, Param, Placeholder, sql, type SQL } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import type { Database } from "./client.ts";

/** SQL text and its parameters, ready for the driver. */
export type Filled = { text: string; values: unknown[] };

const dialect = new PgDialect();

/** `build` names the row's fields by `sql.placeholder`. */
export function compile(build: { getSQL(): SQL }): (row: Record<string, unknown>) => Filled {
  const { sql: text, params } = dialect.sqlToQuery(build.getSQL());
  return (row) => ({ text, values: params.map((param) => fill(param, row)) });
}

/** drizzle's own `fillPlaceholders` hands null to the column's encoder, which makes JSON's null of SQL's. */
function fill(param: unknown, row: Record<string, unknown>): unknown {
  if (is(param, Placeholder)) return row[param.name];
  if (!is(param, Param) || !is(param.value, Placeholder)) return param;
  const value = row[param.value.name];
  return value === null ? null : param.encoder.mapToDriverValue(value);
}

/** A placeholder for each name, to be given as an insert's values. */
export function placeholders<Name extends string>(names: readonly Name[]): { [name in Name]: Placeholder<name> } {
  const entries = names.map((name) => [name, sql.placeholder(name)]);
  return Object.fromEntries(entries) as { [name in Name]: Placeholder<name> };
}

/** All of them in one transaction, in one request. */
export async function runTogether({ $client }: Database, statements: readonly Filled[]): Promise<void> {
  await $client.transaction(statements.map(({ text, values }) => $client.query(text, values)));
}

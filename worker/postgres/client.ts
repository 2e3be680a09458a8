// The one place that makes a database client: drizzle over Neon's HTTP driver, with the timeout that the driver lacks,
// and with errors that say what kind they are and nothing of what was in the query.

import { neon, NeonDbError, neonConfig, type NeonQueryFunction } from "@neondatabase/serverless";
import { drizzle, type NeonHttpDatabase } from "drizzle-orm/neon-http";

export type DatabaseConfig = {
  url: string;
  /** Where Neon's HTTP protocol is spoken; absent: Neon's own address, from `url`. */
  fetchEndpoint?: string;
};

export type Database = NeonHttpDatabase & { $client: NeonQueryFunction<false, false> };

const DATABASE_TIMEOUT_MS = 5_000; // Neon wakes from sleep in under two seconds; past this, retrying is better.

export function createDatabase({ url, fetchEndpoint }: DatabaseConfig): Database {
  if (fetchEndpoint !== undefined) neonConfig.fetchEndpoint = fetchEndpoint;
  neonConfig.fetchFunction = fetchWithin;
  return drizzle({ client: neon(url) });
}

/**
 * `AbortSignal.timeout` would wake the isolate once more for each query, long after its answer, and keep all of it until
 * then: this timer ends with the answer.
 */
async function fetchWithin(input: RequestInfo, init: RequestInit): Promise<Response> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), DATABASE_TIMEOUT_MS);
  try {
    const response = await fetch(input, { ...init, signal: controller.signal });
    return new Response(await response.text(), response);
  } finally {
    clearTimeout(timer);
  }
}

export type DatabaseFailure = {
  /** `data`: Postgres refuses this row as it is, and always will. `away`: it did not answer, or not now. */
  kind: "data" | "away";
  /** For the log: SQLSTATE and constraint, never a value. */
  summary: string;
};

// SQLSTATE classes that are about the row and not about the server: data exception, integrity, program limit exceeded.
// Not 42, a table, a column or a grant that is missing: whoever deploys forgot to migrate, and no row is lost by that.
const DATA_CLASSES = new Set(["22", "23", "54"]);

/** drizzle wraps the driver's error and prints the parameters in its message: only the cause is looked at. */
export function readFailure(error: unknown): DatabaseFailure {
  let cause = error;
  while (cause instanceof Error && !(cause instanceof NeonDbError) && cause.cause !== undefined) cause = cause.cause;
  if (!(cause instanceof NeonDbError) || cause.code === undefined) return { kind: "away", summary: "no answer" };
  const kind = DATA_CLASSES.has(cause.code.slice(0, 2)) ? "data" : "away";
  return { kind, summary: `SQLSTATE ${cause.code} ${cause.constraint ?? ""}`.trim() };
}

// A real Postgres behind the gateway: a small pool of `pg` connections, so that concurrent requests are concurrent.

import pg from "pg";
import { DISCARD, type Engine, ROLLBACK, type Result, StatementError, type Statement } from "./postgres-engine.ts";

const POOL_SIZE = 10;
const CONNECT_MS = 5_000; // Both for a new connection and for a free one: a full pool answers an error, not silence.
const CLEAN_MS = 2_000; // A session that does not answer a ROLLBACK by then is thrown away.

/** Connects once before it resolves: a server that cannot be used is found at the start. No message tells the URL. */
export async function openServer(url: string): Promise<Engine> {
  const { hostname, port, pathname, protocol } = parseUrl(url);
  const pool = new pg.Pool({
    connectionString: url,
    fallback_application_name: "brink",
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_MS,
    types: { getTypeParser: () => (text: string) => text },
  });
  // A connection that dies is replaced by the next request; without listeners its error would end this process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  try {
    (await pool.connect()).release();
  } catch (error) {
    await pool.end();
    const where = `${protocol}//${hostname || "localhost"}:${port || 5432}${pathname}`;
    // oxlint-disable-next-line preserve-caught-error -- a cause would carry the URL, and with it the password
    throw new Error(`Postgres at ${where} cannot be used: ${reasonOf(error)}`);
  }
  return engineOver(pool, url);
}

function parseUrl(url: string): URL {
  // The platform's own error carries the whole URL, password included.
  const parsed = URL.parse(url);
  if (parsed === null || !["postgres:", "postgresql:"].includes(parsed.protocol)) {
    throw new Error("The Postgres URL must look like postgres://user:password@host:5432/database.");
  }
  return parsed;
}

function engineOver(pool: pg.Pool, url: string): Engine {
  return {
    async withSession(signal, use) {
      const client = await pool.connect();
      let cancelling: Promise<void> | undefined;
      const cancel = () => (cancelling = cancelBackend(url, client));
      let reusable = false;
      try {
        signal.throwIfAborted();
        signal.addEventListener("abort", cancel, { once: true });
        const outcome = await use({ run: (statement) => run(client, statement) });
        reusable = await clean(client, client.getTransactionStatus() !== "I");
        return outcome;
      } catch (error) {
        // pg reports a failure before the status that follows it, so a transaction may be open.
        reusable = !isStuck(error) && (await clean(client, true));
        throw error;
      } finally {
        signal.removeEventListener("abort", cancel);
        // A late cancel must not meet the next statement: the connection is given up.
        await cancelling;
        client.release(!reusable || cancelling !== undefined);
      }
    },
    close: () => pool.end(),
  };
}

// pg reads both; its types know only what each is for elsewhere. Without `extended` it sends a statement without
// parameters by the simple protocol, where `a; b` is two statements: Neon refuses that, and so do we.
type Query = pg.QueryArrayConfig<(string | null)[]> & { queryMode: "extended"; query_timeout?: number };

async function run(client: pg.PoolClient, { text, params }: Statement, timeoutMs?: number): Promise<Result> {
  const query: Query = { text, values: [...params], rowMode: "array", queryMode: "extended" };
  if (timeoutMs !== undefined) query.query_timeout = timeoutMs;
  try {
    const { command, rowCount, fields, rows } = await client.query<(string | null)[]>(query);
    return { command: command ?? "", rowCount, fields, rows };
  } catch (error) {
    throw error instanceof pg.DatabaseError ? new StatementError(error) : error;
  }
}

/** After a COPY FROM STDIN pg waits for ever: the server took the end of the exchange for a part of the copy. */
function isStuck(error: unknown): boolean {
  return error instanceof StatementError && error.message.startsWith("COPY from stdin failed");
}

/** Whether the session may be lent again. */
async function clean(client: pg.PoolClient, mayBeInTransaction: boolean): Promise<boolean> {
  try {
    if (mayBeInTransaction) await run(client, ROLLBACK, CLEAN_MS);
    await run(client, DISCARD, CLEAN_MS);
    return true;
  } catch {
    return false;
  }
}

/** Over a connection of its own: the pool may be full of the very statements that wait to be cancelled. */
async function cancelBackend(url: string, client: pg.PoolClient): Promise<void> {
  const pid: unknown = Reflect.get(client, "processID");
  const other = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  other.on("error", () => undefined);
  try {
    await other.connect();
    await other.query("SELECT pg_cancel_backend($1)", [pid]);
  } catch {
    // The server is gone, and with it what was to be cancelled.
  } finally {
    await other.end().catch(() => undefined);
  }
}

function reasonOf(error: unknown): string {
  // Of a host with several addresses the error has no message, only a code.
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

// Postgres inside this process: PGlite, in a directory or in memory. It has one session, so callers take turns. We speak
// the wire protocol to it, because its query API parses values and hides the tables and columns of the fields.

import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { PGlite, protocol } from "@electric-sql/pglite";
import {
  DISCARD,
  type Engine,
  type Field,
  ROLLBACK,
  type Result,
  type Session,
  type Statement,
  StatementError,
} from "./postgres-engine.ts";

const { messages, serialize } = protocol;

/** Opens the database in `dir`, made on first use; without `dir` it lives in memory and ends with the process. */
export async function openEmbedded(dir: string | undefined): Promise<Engine> {
  const place = dir === undefined ? "memory" : resolve(dir);
  try {
    if (dir !== undefined) await initialise(place);
    return engineOver(await PGlite.create(dir === undefined ? "memory://" : place));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The embedded Postgres in ${place} did not start: ${reason}`, { cause: error });
  }
}

/** Makes the database beside `dir` and moves it there whole: a start killed halfway must not leave half a database. */
async function initialise(dir: string): Promise<void> {
  const held = existsSync(dir) ? await readdir(dir) : [];
  if (held.includes("PG_VERSION")) return;
  if (held.length > 0) throw new Error("the directory holds something else.");
  const partial = `${dir}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(dirname(dir), { recursive: true });
  const database = await PGlite.create(partial);
  await database.close();
  await rename(partial, dir);
}

function engineOver(database: PGlite): Engine {
  let inTransaction = false;
  let stopped: Error | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const session: Session = {
    async run(statement) {
      if (stopped !== undefined) throw stopped;
      try {
        const outcome = readOutcome(await database.execProtocolStream(encode(statement), { throwOnError: false }));
        inTransaction = outcome.inTransaction;
        if (outcome.result instanceof StatementError) throw outcome.result;
        return outcome.result;
      } catch (error) {
        if (error instanceof StatementError) throw error;
        // A crash of the WebAssembly module leaves garbage behind: to go on would answer wrongly, not only fail.
        stopped = new Error("The embedded Postgres has stopped; start again.", { cause: error });
        throw stopped;
      }
    },
  };

  async function takeTurn<T>(signal: AbortSignal, use: (session: Session) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    try {
      return await use(session);
    } finally {
      if (inTransaction) await session.run(ROLLBACK);
      await session.run(DISCARD);
    }
  }

  return {
    withSession(signal, use) {
      // The engine runs in microtasks; without this breath a long queue would starve every other server in the process.
      const mine = turn.then(() => setImmediate()).then(() => takeTurn(signal, use));
      turn = mine.catch(() => undefined);
      return mine;
    },
    async close() {
      await turn;
      if (stopped === undefined) await database.close();
      stopped ??= new Error("The embedded Postgres was closed.");
    },
  };
}

/** One statement as one exchange. The CopyFail answers a COPY FROM STDIN, which would end the module; others ignore it. */
function encode({ text, params }: Statement): Uint8Array {
  return Buffer.concat([
    serialize.parse({ text }),
    serialize.bind({ values: [...params] }),
    serialize.describe({ type: "P" }),
    serialize.execute(),
    serialize.copyFail("COPY FROM STDIN does not work over HTTP"),
    serialize.sync(),
  ]);
}

type Outcome = { result: Result | StatementError; inTransaction: boolean };

/** Throws where the exchange has no proper end: the engine is then broken, and nothing it said may be believed. */
function readOutcome(exchange: readonly object[]): Outcome {
  let fields: Field[] = [];
  const rows: (string | null)[][] = [];
  let result: Result | StatementError | undefined;
  for (const message of exchange) {
    if (message instanceof messages.RowDescriptionMessage) fields = message.fields;
    else if (message instanceof messages.DataRowMessage) rows.push(message.fields);
    else if (message instanceof messages.DatabaseError) result ??= new StatementError(message);
    else if (message instanceof messages.CommandCompleteMessage) result ??= { ...parseTag(message.text), fields, rows };
    else if (message === messages.emptyQuery) result ??= { command: "", rowCount: null, fields, rows };
  }
  const last = exchange.at(-1);
  if (result === undefined || !(last instanceof messages.ReadyForQueryMessage)) throw new Error("unfinished exchange");
  return { result, inTransaction: last.status !== "I" };
}

/** `INSERT 0 5`, `SELECT 2`, `CREATE TABLE`: the command, and the last number where there is one. */
function parseTag(tag: string): { command: string; rowCount: number | null } {
  const words = tag.split(" ");
  const count = Number(words.at(-1));
  return { command: words[0] ?? "", rowCount: words.length > 1 && Number.isInteger(count) ? count : null };
}

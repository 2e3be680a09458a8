// Neon's HTTP SQL protocol as data: headers and body in, statements out; results and errors in, JSON out. Pure.
// Its source is the driver, which is used unchanged, and Neon's proxy (proxy/src/serverless), whose words errors use.

import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import * as z from "zod/mini";
import {
  type IsolationLevel,
  isIsolationLevel,
  type Result,
  type Statement,
  StatementError,
  type TransactionMode,
} from "./postgres-engine.ts";

/** A request that never reached Postgres. `fields` join the message in the answer. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly fields: Record<string, string>;

  constructor(status: number, message: string, fields: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.fields = fields;
  }
}

type Query = { statement: Statement; arrayMode: boolean };
export type NeonRequest = { type: "single"; query: Query } | { type: "batch"; queries: Query[]; mode: TransactionMode };

const MAX_PARAMETERS = 65_535; // Postgres counts them in 16 bits; more would wrap around silently.

const queryShape = z.object({
  query: z.string(),
  params: z.optional(z.array(z.unknown())),
  arrayMode: z.optional(z.nullable(z.boolean())),
});
const bodyShape = z.union([queryShape, z.object({ queries: z.array(queryShape) })]);

/** Refuses, in Neon's words, whoever does not come with the gateway's own user, password and database. */
export function checkCredentials(headers: IncomingHttpHeaders, own: URL): void {
  if (headers.authorization !== undefined) throw new Refusal(400, "authorization by token is not served here");
  const given = headers["neon-connection-string"];
  if (typeof given !== "string") throw new Refusal(400, "invalid header: neon-connection-string");
  const url = URL.parse(given);
  if (url === null) throw new Refusal(400, "invalid connection string");
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") throw new Refusal(400, "incorrect scheme");
  if (url.pathname.length < 2) throw new Refusal(400, "missing database name");
  if (url.username === "") throw new Refusal(400, "missing username");
  if (url.password === "") throw new Refusal(400, "missing authentication credentials: required password");
  if (!isSame(url.username, own.username) || !isSame(url.password, own.password)) {
    throw new Refusal(400, `password authentication failed for user '${decode(url.username)}'`);
  }
  if (url.pathname !== own.pathname) {
    const message = `database "${decode(url.pathname.slice(1))}" does not exist`;
    throw new Refusal(400, message, { severity: "FATAL", code: "3D000" });
  }
}

function isSame(given: string, own: string): boolean {
  const digest = (text: string) => createHash("sha256").update(decode(text)).digest();
  return timingSafeEqual(digest(given), digest(own));
}

function decode(component: string): string {
  try {
    return decodeURIComponent(component);
  } catch {
    throw new Refusal(400, "invalid connection string");
  }
}

export function parseRequest(headers: IncomingHttpHeaders, body: Uint8Array): NeonRequest {
  if (headers["neon-raw-text-output"] !== "true") {
    throw new Refusal(400, "values are answered as raw text only: send Neon-Raw-Text-Output: true, as the driver does");
  }
  const mode: TransactionMode = {
    isolationLevel: parseIsolationLevel(headers["neon-batch-isolation-level"]),
    readOnly: headers["neon-batch-read-only"] === "true",
    deferrable: headers["neon-batch-deferrable"] === "true",
  };
  const parsed = bodyShape.safeParse(parseJson(body));
  if (!parsed.success) throw unreadable(`expected {query, params} or {queries: [{query, params}]}`);
  const arrayMode = headers["neon-array-mode"] === "true";
  const toQuery = (query: z.infer<typeof queryShape>): Query => ({
    statement: toStatement(query.query, query.params ?? []),
    arrayMode: query.arrayMode ?? arrayMode,
  });
  if ("queries" in parsed.data) return { type: "batch", queries: parsed.data.queries.map(toQuery), mode };
  return { type: "single", query: toQuery(parsed.data) };
}

function parseIsolationLevel(header: string | string[] | undefined): IsolationLevel | null {
  if (header === undefined) return null;
  if (typeof header === "string" && isIsolationLevel(header)) return header;
  throw new Refusal(400, "invalid isolation level");
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw unreadable("not JSON in UTF-8");
  }
}

function unreadable(reason: string): Refusal {
  return new Refusal(400, `could not parse the HTTP request body: ${reason}`);
}

function toStatement(text: string, values: readonly unknown[]): Statement {
  if (text.includes("\0")) throw new Refusal(400, "string contains embedded null: the query's text holds U+0000");
  if (values.length > MAX_PARAMETERS) throw new Refusal(400, `too many parameters (max is ${MAX_PARAMETERS})`);
  const params = values.map(toText);
  // JSON can spell half a surrogate pair, UTF-8 cannot: it would be stored as U+FFFD without a word.
  const isBroken = (value: string | null) => value !== null && /\p{Surrogate}/u.test(value);
  if (isBroken(text) || params.some(isBroken)) throw unreadable("lone surrogate in a string");
  return { text, params };
}

/** A parameter as Postgres reads it. The driver sends text and null; by hand one may send any JSON. */
function toText(value: unknown): string | null {
  if (value === null || typeof value === "string") return value;
  return Array.isArray(value) ? `{${value.map(toElement).join(",")}}` : JSON.stringify(value);
}

function toElement(value: unknown): string {
  if (value === null) return "NULL";
  if (Array.isArray(value) || typeof value === "number" || typeof value === "boolean") return String(toText(value));
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

export function toAnswer({ command, rowCount, fields, rows }: Result, arrayMode: boolean): object {
  const named = (row: (string | null)[]) => Object.fromEntries(fields.map(({ name }, index) => [name, row[index]]));
  return {
    command,
    rowCount,
    rowAsArray: arrayMode,
    fields: fields.map(({ name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier }) => {
      return { name, dataTypeID, tableID, columnID, dataTypeSize, dataTypeModifier, format: "text" };
    }),
    rows: arrayMode ? rows : rows.map(named),
  };
}

/** Postgres's own refusals are 400 with its report; an engine that cannot be reached is 500, as at Neon. */
export function toErrorAnswer(error: unknown): { status: number; body: object } {
  if (error instanceof StatementError) return { status: 400, body: { message: error.message, ...error.fields } };
  if (error instanceof Refusal)
    return { status: error.status, body: { message: error.message, code: "", ...error.fields } };
  const reason = error instanceof Error ? error.message : String(error);
  return { status: 500, body: { message: `the database did not answer: ${reason}`, code: "" } };
}

// Input, parsed once where it arrives: a body, a query, an id in a path. Everything wrong is said at once, by path.

import type { Context } from "hono";
import * as z from "zod/mini";
import { isConversationId, isId } from "../../protocol/cursor.ts";
import type { User } from "../../protocol/api.ts";
import { nameAddress } from "../auth/address.ts";
import { AppError } from "./app-error.ts";
import type { AppEnv } from "./app-env.ts";
import { writeIssue } from "./issue-text.ts";

// zod/mini says "Invalid input" of everything until it is given a language, and no library's words leave the server.
z.config({ customError: writeIssue });

// Longer than any path of ours, in UTF-16 units: an unknown name comes from the client, and goes back to it.
const MAX_PATH_LENGTH = 100;
const MAX_ISSUES = 20; // More of them help nobody.

/** Where the request comes from, as a name for the limiter. */
export function readAddress(c: Context<AppEnv>): Promise<string> {
  const { isLocal, sessionSecret } = c.get("services").config;
  return nameAddress(c.req.header("CF-Connecting-IP"), isLocal, sessionSecret);
}

/** A session's user. @throws AppError unauthenticated */
export function readUser(c: Context<AppEnv>): User {
  const user = c.get("user");
  if (user === null) throw new AppError("unauthenticated");
  return user;
}

/** @throws AppError bad_json, bad_body */
export async function parseBody<Schema extends z.ZodMiniType>(
  c: Context<AppEnv>,
  schema: Schema,
): Promise<z.output<Schema>> {
  const text = await c.req.text();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError("bad_json", { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new AppError("bad_body", { errors: issuesOf(parsed.error.issues) });
  return parsed.data;
}

/** @throws AppError bad_query, also for a name that is not known and for one given twice */
export function parseQuery<Schema extends z.ZodMiniType>(c: Context<AppEnv>, schema: Schema): z.output<Schema> {
  const given = c.req.queries();
  const twice = Object.keys(given).find((name) => (given[name]?.length ?? 0) > 1);
  if (twice !== undefined) throw new AppError("bad_query", { errors: [at([twice], "is given twice")] });
  const parsed = schema.safeParse(Object.fromEntries(Object.entries(given).map(([name, [value]]) => [name, value])));
  if (!parsed.success) throw new AppError("bad_query", { errors: issuesOf(parsed.error.issues) });
  return parsed.data;
}

/** @throws AppError not_found: a malformed id is an address where nothing is */
export function parseConversationId(c: Context<AppEnv>): string {
  const id = c.req.param("cid") ?? "";
  if (!isConversationId(id)) throw new AppError("not_found");
  return id;
}

/** @throws AppError not_found */
export function parseGenerationId(c: Context<AppEnv>): string {
  const id = c.req.param("gid") ?? "";
  if (!isId(id)) throw new AppError("not_found");
  return id;
}

type Issue = z.core.$ZodIssue;

function issuesOf(issues: readonly Issue[]): { path: string; message: string }[] {
  return issues.flatMap(namesOf).slice(0, MAX_ISSUES);
}

/** An unknown field is named by its own path, not by that of what it stands in. */
function namesOf(issue: Issue): { path: string; message: string }[] {
  if (issue.code !== "unrecognized_keys") return [at(issue.path, issue.message)];
  return issue.keys.slice(0, MAX_ISSUES).map((key) => at([...issue.path, key], "is not known here"));
}

function at(path: readonly PropertyKey[], message: string): { path: string; message: string } {
  return { path: path.map(String).join(".").slice(0, MAX_PATH_LENGTH).toWellFormed(), message };
}

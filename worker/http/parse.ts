// Input, parsed once where it arrives: a body, a query, an id in a path. Everything wrong is said at once, by path.

import type { Context } from "hono";
import type * as z from "zod/mini";
import { isConversationId, isId } from "../../protocol/cursor.ts";
import type { User } from "../../protocol/api.ts";
import { AppError } from "./app-error.ts";
import type { AppEnv } from "./app-env.ts";

/** A session's user. @throws AppError unauthenticated */
export function readUser(c: Context<AppEnv>): User {
  const user = c.get("user");
  if (user === null) throw new AppError("unauthenticated");
  return user;
}

/** @throws AppError unsupported_media_type, bad_json, bad_body */
export async function parseBody<Schema extends z.ZodMiniType>(
  c: Context<AppEnv>,
  schema: Schema,
): Promise<z.output<Schema>> {
  const type = (c.req.header("Content-Type") ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") throw new AppError("unsupported_media_type");
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
  if (twice !== undefined) throw new AppError("bad_query", { errors: [{ path: twice, message: "is given twice" }] });
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

function issuesOf(issues: readonly { path: PropertyKey[]; message: string }[]): { path: string; message: string }[] {
  return issues.slice(0, 20).map(({ path, message }) => ({ path: path.map(String).join("."), message }));
}

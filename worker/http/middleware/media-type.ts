// A body is JSON and says so, on every call that changes something; one without a body needs no type. Also a guard: a
// page of another site can post a form or plain text without asking first, but not this.

import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { AppError } from "../app-error.ts";
import type { AppEnv } from "../app-env.ts";

export const mediaType = createMiddleware<AppEnv>(async (c, next) => {
  const type = c.req.header("Content-Type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (hasBody(c) && type !== "application/json") throw new AppError("unsupported_media_type");
  await next();
});

export function hasBody(c: Context<AppEnv>): boolean {
  return c.req.header("Transfer-Encoding") !== undefined || Number(c.req.header("Content-Length") ?? 0) > 0;
}

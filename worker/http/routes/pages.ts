// The app's own pages: addresses that are not files and are shown by index.html. Everything else that is no asset and no
// route is a 404: the page says so to a person, JSON to all others, so that no HTML ever answers under a script's name.

import { type Context, Hono } from "hono";
import { isConversationId } from "../../../protocol/cursor.ts";
import { AppError } from "../app-error.ts";
import type { AppEnv } from "../app-env.ts";

export const pages = new Hono<AppEnv>().get("/c/:cid", (c) =>
  isConversationId(c.req.param("cid")) ? showApp(c, 200) : c.notFound(),
);

/** @throws AppError not_found, unless a person has come here by a link */
export function nothingHere(c: Context<AppEnv>): Promise<Response> {
  if (!isNavigation(c)) throw new AppError("not_found");
  return showApp(c, 404);
}

/** A browser asks for a page, and for nothing that stands in one, by this type. */
function isNavigation({ req }: Context<AppEnv>): boolean {
  const isOurs = req.path.startsWith("/api/") || req.path.startsWith("/v1/");
  return req.method === "GET" && !isOurs && (req.header("Accept") ?? "").includes("text/html");
}

async function showApp(c: Context<AppEnv>, status: 200 | 404): Promise<Response> {
  const page = await c.env.ASSETS.fetch(new URL("/", c.req.url));
  return new Response(page.body, { status, headers: page.headers });
}

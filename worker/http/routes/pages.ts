// The app's own pages: addresses that are not files and are shown by index.html. Everything else that is no asset and no
// route is a 404, so that no HTML ever answers under a script's name.

import { Hono } from "hono";
import { isConversationId } from "../../../protocol/cursor.ts";
import { AppError } from "../app-error.ts";
import type { AppEnv } from "../app-env.ts";

export const pages = new Hono<AppEnv>().get("/c/:cid", async (c) => {
  if (!isConversationId(c.req.param("cid"))) throw new AppError("not_found");
  const page = await c.env.ASSETS.fetch(new URL("/", c.req.url));
  return new Response(page.body, page);
});

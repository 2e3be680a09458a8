// Every answer carries an `X-Request-Id`, and so does every line of the log about it. Ours alone: one that a client
// sent could be anybody's.

import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../app-env.ts";

export const requestId = createMiddleware<AppEnv>(async (c, next) => {
  c.set("requestId", crypto.randomUUID());
  await next();
  if (c.res.status === 101) return; // A copy of an upgrade's answer would lose the WebSocket.
  c.res.headers.set("X-Request-Id", c.get("requestId"));
});

// Changes that ride on a cookie come from our own pages. Browsers say where a request is from; a client that says
// nothing is no browser (curl and Node's fetch send neither header).

import { createMiddleware } from "hono/factory";
import { AppError } from "../app-error.ts";
import type { AppEnv } from "../app-env.ts";

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

export const originGuard = createMiddleware<AppEnv>(async (c, next) => {
  const isUpgrade = c.req.header("Upgrade")?.toLowerCase() === "websocket";
  if (!safeMethods.has(c.req.method) || isUpgrade) {
    const site = c.req.header("Sec-Fetch-Site");
    const origin = c.req.header("Origin");
    const isOurs = origin === undefined || origin === new URL(c.req.url).origin;
    if ((site !== undefined && site !== "same-origin") || !isOurs) throw new AppError("cross_origin");
    // A page's WebSocket always names its origin: one with a cookie and without a name is not a page's.
    if (isUpgrade && origin === undefined && c.req.header("Cookie") !== undefined) throw new AppError("cross_origin");
  }
  await next();
});

// Who asks: the session's user, or nobody. Decided by the cookie's signature alone, without a round trip.

import { createMiddleware } from "hono/factory";
import { readSession } from "../../auth/session.ts";
import { servicesOf } from "../../services.ts";
import type { AppEnv } from "../app-env.ts";

export const session = createMiddleware<AppEnv>(async (c, next) => {
  const services = servicesOf(c.env);
  c.set("services", services);
  c.set("user", await readSession(c, services.config, services.now()));
  await next();
});

// GET /api/config: what a client has to know before it asks for anything else. The same for everybody, so it has an ETag.

import { Hono } from "hono";
import { etag } from "hono/etag";
import type { ConfigAnswer } from "../../../protocol/api.ts";
import { version } from "../../../package.json";
import { limitsOf } from "../limits.ts";
import type { AppEnv } from "../app-env.ts";

export const config = new Hono<AppEnv>().get("/", etag(), (c) => {
  const { config: settings } = c.get("services");
  const { id, contextTokens } = settings.model;
  const answer: ConfigAnswer = {
    version,
    models: [{ id, name: id, contextTokens }],
    limits: limitsOf(settings),
    features: { guests: true, cache: true },
  };
  // The same for everybody, but a session that is renewed rides on it.
  return c.json(answer, 200, { "Cache-Control": "private, no-cache" });
});

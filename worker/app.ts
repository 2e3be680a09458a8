// Middleware in order, then routes: the table of contents.

import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { AppEnv } from "./http/app-env.ts";
import { mediaType } from "./http/middleware/media-type.ts";
import { originGuard } from "./http/middleware/origin-guard.ts";
import { requestId } from "./http/middleware/request-id.ts";
import { securityHeaders } from "./http/middleware/security-headers.ts";
import { session as whoAsks } from "./http/middleware/session.ts";
import { onError } from "./http/on-error.ts";
import { bell } from "./http/routes/bell.ts";
import { config } from "./http/routes/config.ts";
import { conversations } from "./http/routes/conversations.ts";
import { forks } from "./http/routes/forks.ts";
import { generations } from "./http/routes/generations.ts";
import { health, readiness } from "./http/routes/health.ts";
import { messages } from "./http/routes/messages.ts";
import { nothingHere, pages } from "./http/routes/pages.ts";
import { session } from "./http/routes/session.ts";

// Room for the longest text with every unit escaped: a text that is too long is told so, not that its body is.
const MAX_BODY_BYTES = 2 * 1_048_576;

export const app = new Hono<AppEnv>()
  .use(requestId)
  .use(securityHeaders)
  .route("/", health)
  .route("/", pages)
  .use(originGuard)
  .use(mediaType)
  .use(bodyLimit({ maxSize: MAX_BODY_BYTES }))
  .use(whoAsks)
  .route("/", readiness)
  .route("/api/config", config)
  .route("/api/session", session)
  .route("/api/conversations", conversations)
  .route("/api/conversations", messages)
  .route("/api/conversations", generations)
  .route("/api/conversations", bell)
  .route("/api/conversations", forks)
  .notFound(nothingHere)
  .onError(onError);

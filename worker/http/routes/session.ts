// Who am I, and begin as a guest.

import { type Context, Hono } from "hono";
import { emptySchema, type SessionAnswer, type User } from "../../../protocol/api.ts";
import { createId } from "../../../protocol/id.ts";
import { writeSession } from "../../auth/session.ts";
import { limitsOf } from "../limits.ts";
import type { AppEnv } from "../app-env.ts";
import { hasBody } from "../middleware/media-type.ts";
import { parseBody } from "../parse.ts";

export const session = new Hono<AppEnv>()
  .get("/", (c) => answer(c, c.get("user")))
  .post("/guest", async (c) => {
    if (hasBody(c)) await parseBody(c, emptySchema);
    const { config, now } = c.get("services");
    const present = c.get("user");
    if (present !== null) return answer(c, present);
    const id = createId(now(), crypto.getRandomValues(new Uint8Array(16)));
    await writeSession(c, config, id, now());
    return answer(c, { id, kind: "guest" });
  });

function answer(c: Context<AppEnv>, user: User | null): Response {
  const body: SessionAnswer = { user, limits: limitsOf(c.get("services").config) };
  return c.json(body, 200, { "Cache-Control": "no-store" });
}

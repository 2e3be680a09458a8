// GET …/bell: a WebSocket that tells idle tabs that something changed.

import { Hono } from "hono";
import { AppError } from "../app-error.ts";
import type { AppEnv } from "../app-env.ts";
import { ask, upgradeTo } from "../conversation-stub.ts";
import { parseConversationId, readUser } from "../parse.ts";

export const bell = new Hono<AppEnv>().get("/:cid/bell", async (c) => {
  const user = readUser(c);
  const conversationId = parseConversationId(c);
  if (c.req.header("Upgrade")?.toLowerCase() === "websocket") return upgradeTo(c, conversationId, user.id);
  // Whoever may not know that a conversation is there must not learn it from the way it was asked for.
  await ask(c, conversationId, (it) => it.snapshot({ ownerId: user.id, since: null, before: null, limit: 1 }));
  throw new AppError("upgrade_required");
});

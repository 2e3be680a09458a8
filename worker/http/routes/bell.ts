// GET …/bell: a WebSocket that tells idle tabs that something changed.

import { Hono } from "hono";
import { AppError } from "../app-error.ts";
import type { AppEnv } from "../app-env.ts";
import { upgradeTo } from "../conversation-stub.ts";
import { parseConversationId, readUser } from "../parse.ts";

export const bell = new Hono<AppEnv>().get("/:cid/bell", (c) => {
  const user = readUser(c);
  const conversationId = parseConversationId(c);
  if (c.req.header("Upgrade")?.toLowerCase() !== "websocket") throw new AppError("upgrade_required");
  return upgradeTo(c, conversationId, user.id);
});

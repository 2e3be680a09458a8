// POST …/messages: sends a message, and answers with the stream or with a receipt.

import { Hono } from "hono";
import { MAX_TEXT_LENGTH, sendSchema } from "../../../protocol/api.ts";
import { SEND_PATH } from "../../conversation/calls.ts";
import { AppError } from "../app-error.ts";
import type { AppEnv } from "../app-env.ts";
import { parseBody, parseConversationId, readUser } from "../parse.ts";
import { startAnswer } from "../start-call.ts";

export const messages = new Hono<AppEnv>().post("/:cid/messages", async (c) => {
  const user = readUser(c);
  const conversationId = parseConversationId(c);
  const request = await parseBody(c, sendSchema);
  if (request.text.length > MAX_TEXT_LENGTH) throw new AppError("text_too_long");
  return startAnswer(c, user, conversationId, SEND_PATH, request);
});

// POST …/messages: sends a message, and answers with the stream or with a receipt.

import { Hono } from "hono";
import { MAX_TEXT_LENGTH, sendSchema } from "../../../protocol/api.ts";
import { nameAddress } from "../../auth/address.ts";
import { type SendCall, SEND_PATH } from "../../conversation/calls.ts";
import { isKnownModel } from "../../core/models.ts";
import { AppError } from "../app-error.ts";
import type { AppEnv } from "../app-env.ts";
import { conversationOf, fetchFrom } from "../conversation-stub.ts";
import { forgetDenial, isDenied, noteDenial } from "../denials.ts";
import { parseBody, parseConversationId, readUser } from "../parse.ts";

export const messages = new Hono<AppEnv>().post("/:cid/messages", async (c) => {
  const user = readUser(c);
  const conversationId = parseConversationId(c);
  const request = await parseBody(c, sendSchema);
  if (request.text.length > MAX_TEXT_LENGTH) throw new AppError("text_too_long");
  const { config, now } = c.get("services");
  if (request.model !== undefined && !isKnownModel(request.model, config.model.id)) throw new AppError("unknown_model");
  const call: SendCall = {
    conversationId,
    owner: { id: user.id, kind: user.kind },
    address: await nameAddress(c.req.header("CF-Connecting-IP"), config.isLocal, config.sessionSecret),
    request,
    params: request.params ?? {},
    isVerdictFirst: isDenied(user.id, now()),
    wantsStream: wantsStream(c.req.header("Accept")),
    requestId: c.get("requestId"),
  };
  try {
    const response = await fetchFrom(conversationOf(c, conversationId), SEND_PATH, call);
    forgetDenial(user.id);
    return new Response(response.body, response);
  } catch (error) {
    if (error instanceof AppError) noteDenial(user.id, error, now());
    throw error;
  }
});

/** JSON only where it is asked for and a stream is not. */
function wantsStream(accept = ""): boolean {
  return !accept.includes("application/json") || accept.includes("text/event-stream");
}

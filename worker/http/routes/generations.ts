// A generation: follow or resume its stream, and stop it.

import { Hono } from "hono";
import { streamQuerySchema } from "../../../protocol/api.ts";
import { type AttachCall, ATTACH_PATH } from "../../conversation/calls.ts";
import type { AppEnv } from "../app-env.ts";
import { conversationOf, fetchFrom, unwrap } from "../conversation-stub.ts";
import { parseConversationId, parseGenerationId, parseQuery, readUser } from "../parse.ts";

export const generations = new Hono<AppEnv>()
  .get("/:cid/generations/:gid/stream", async (c) => {
    const user = readUser(c);
    const conversation = conversationOf(c, parseConversationId(c));
    const generationId = parseGenerationId(c);
    const { from = "" } = parseQuery(c, streamQuerySchema);
    // The header wins; empty or absent is from the start.
    const cursor = (c.req.header("Last-Event-ID") ?? "") || from || null;
    const call: AttachCall = { ownerId: user.id, generationId, cursor };
    const response = await fetchFrom(conversation, ATTACH_PATH, call);
    return new Response(response.body, response);
  })
  .post("/:cid/generations/:gid/stop", async (c) => {
    const user = readUser(c);
    const conversation = conversationOf(c, parseConversationId(c));
    return c.json(unwrap(await conversation.stop(user.id, parseGenerationId(c))), 200, { "Cache-Control": "no-store" });
  });

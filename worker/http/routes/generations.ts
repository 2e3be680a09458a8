// Generations: another answer, or more of one; follow or resume its stream; stop it.

import { Hono } from "hono";
import { emptySchema, generationSchema, streamQuerySchema } from "../../../protocol/api.ts";
import { GENERATE_PATH } from "../../conversation/calls.ts";
import type { AppEnv } from "../app-env.ts";
import { ask, attachTo } from "../conversation-stub.ts";
import { hasBody } from "../middleware/media-type.ts";
import { parseBody, parseConversationId, parseGenerationId, parseQuery, readUser } from "../parse.ts";
import { startAnswer } from "../start-call.ts";

export const generations = new Hono<AppEnv>()
  .post("/:cid/generations", async (c) => {
    const user = readUser(c);
    const conversationId = parseConversationId(c);
    const request = await parseBody(c, generationSchema);
    return startAnswer(c, user, conversationId, GENERATE_PATH, request);
  })
  .get("/:cid/generations/:gid/stream", async (c) => {
    const user = readUser(c);
    const conversationId = parseConversationId(c);
    const generationId = parseGenerationId(c);
    const { from = "" } = parseQuery(c, streamQuerySchema);
    // The header wins; empty or absent is from the start.
    const cursor = (c.req.header("Last-Event-ID") ?? "") || from || null;
    const response = await attachTo(c, conversationId, { ownerId: user.id, generationId, cursor });
    return new Response(response.body, response);
  })
  .post("/:cid/generations/:gid/stop", async (c) => {
    const user = readUser(c);
    const conversationId = parseConversationId(c);
    const generationId = parseGenerationId(c);
    if (hasBody(c)) await parseBody(c, emptySchema);
    const answer = await ask(c, conversationId, (conversation) => conversation.stop(user.id, generationId));
    return c.json(answer, 200, { "Cache-Control": "no-store" });
  });

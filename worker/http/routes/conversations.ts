// The owner's conversations: the list from Postgres, each one from its own object.

import { Hono } from "hono";
import { type ListAnswer, listQuerySchema, patchSchema, snapshotQuerySchema } from "../../../protocol/api.ts";
import { isKnownModel } from "../../core/models.ts";
import { listConversations } from "../../postgres/conversations.ts";
import { AppError } from "../app-error.ts";
import type { AppEnv } from "../app-env.ts";
import { ask } from "../conversation-stub.ts";
import { formatListCursor, parseListCursor } from "../list-cursor.ts";
import { parseBody, parseConversationId, parseQuery, readUser } from "../parse.ts";

const NO_STORE = { "Cache-Control": "no-store" };
const LIST_RETRY_MS = 2_000;

export const conversations = new Hono<AppEnv>()
  .get("/", async (c) => {
    const user = readUser(c);
    const { cursor, limit } = parseQuery(c, listQuerySchema);
    const after = cursor === undefined ? null : parseListCursor(cursor);
    const { database } = c.get("services");
    const rows = await listConversations(database, user.id, limit + 1, after).catch((cause: unknown) => {
      throw new AppError("database_unavailable", { cause, retryAfterMs: LIST_RETRY_MS });
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const nextCursor = rows.length > limit && last !== undefined ? formatListCursor(last) : null;
    const answer: ListAnswer = { items, nextCursor };
    return c.json(answer, 200, NO_STORE);
  })
  .get("/:cid", async (c) => {
    const user = readUser(c);
    const id = parseConversationId(c);
    const { since = null, before = null, limit } = parseQuery(c, snapshotQuerySchema);
    const json = await ask(c, id, (it) => it.snapshot({ ownerId: user.id, since, before, limit }));
    if (json === null) return c.body(null, 304, NO_STORE);
    return c.body(json, 200, { ...NO_STORE, "Content-Type": "application/json" });
  })
  .patch("/:cid", async (c) => {
    const user = readUser(c);
    const id = parseConversationId(c);
    const patch = await parseBody(c, patchSchema);
    const { model } = c.get("services").config;
    if (patch.model !== undefined && !isKnownModel(patch.model, model.id)) throw new AppError("unknown_model");
    const json = await ask(c, id, (it) => it.patch(user.id, patch));
    return c.body(json, 200, { ...NO_STORE, "Content-Type": "application/json" });
  })
  .delete("/:cid", async (c) => {
    const user = readUser(c);
    await ask(c, parseConversationId(c), (it) => it.remove(user.id));
    return c.body(null, 204);
  });

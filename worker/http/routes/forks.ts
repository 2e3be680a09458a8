// POST …/forks: a new conversation that begins with this one's branch up to a message.

import { Hono } from "hono";
import { forkSchema } from "../../../protocol/api.ts";
import { AppError } from "../app-error.ts";
import type { AppEnv } from "../app-env.ts";
import { ask } from "../conversation-stub.ts";
import { parseBody, parseConversationId, readAddress, readUser } from "../parse.ts";

export const forks = new Hono<AppEnv>().post("/:cid/forks", async (c) => {
  const { id: ownerId, kind } = readUser(c);
  const sourceId = parseConversationId(c);
  const { id, messageId } = await parseBody(c, forkSchema);
  if (id === sourceId) throw new AppError("id_conflict");
  const address = await readAddress(c);
  const owner = { id: ownerId, kind };
  let json = await ask(c, id, (fork) => fork.openFork(owner, address, messageId));
  if (json === null) {
    const branch = await ask(c, sourceId, (source) => source.readBranch(ownerId, messageId));
    json = await ask(c, id, (fork) => fork.beginFork(owner, branch));
  }
  return c.body(json, 201, { "Cache-Control": "no-store", "Content-Type": "application/json" });
});

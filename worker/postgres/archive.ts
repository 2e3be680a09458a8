// A conversation read back from Postgres, whole, for an object that has lost its storage.

import { and, asc, eq, gt } from "drizzle-orm";
import type { Archive, OwedMessage, OwedUsage } from "../core/owed.ts";
import type { Database } from "./client.ts";
import { conversations, messages, tombstones, usage, users } from "./schema.ts";

const PAGE_MESSAGES = 50;

export function createArchive(database: Database): Archive {
  return {
    async read(conversationId, ownerId) {
      const [found] = await database
        .select({ conversation: conversations, ownerKind: users.kind })
        .from(conversations)
        .innerJoin(users, eq(users.id, conversations.ownerId))
        .where(eq(conversations.id, conversationId));
      if (found === undefined) return (await isEntombed(database, conversationId)) ? "taken" : "none";
      if (found.conversation.ownerId !== ownerId) return "taken";
      const { createdAt, updatedAt, ...columns } = found.conversation;
      return {
        conversation: {
          ...columns,
          ownerKind: found.ownerKind,
          createdAt: createdAt.getTime(),
          updatedAt: updatedAt.getTime(),
        },
        messages: await readMessages(database, conversationId, ownerId),
      };
    },
  };
}

async function isEntombed(database: Database, conversationId: string): Promise<boolean> {
  const stones = await database.select().from(tombstones).where(eq(tombstones.conversationId, conversationId));
  return stones.length > 0;
}

async function readMessages(database: Database, conversationId: string, ownerId: string): Promise<OwedMessage[]> {
  const all: OwedMessage[] = [];
  for (let after = 0; ;) {
    const page = await database
      .select({ message: messages, usage })
      .from(messages)
      .leftJoin(
        usage,
        and(
          eq(usage.ownerId, ownerId),
          eq(usage.conversationId, conversationId),
          eq(usage.generationId, messages.generationId),
        ),
      )
      .where(and(eq(messages.conversationId, conversationId), eq(messages.ownerId, ownerId), gt(messages.seq, after)))
      .orderBy(asc(messages.seq))
      .limit(PAGE_MESSAGES);
    for (const row of page) {
      const { createdAt, ownerId: _owner, conversationId: _conversation, ...columns } = row.message;
      all.push({ ...columns, createdAt: createdAt.getTime(), usages: row.usage === null ? [] : [toUsage(row.usage)] });
    }
    after = page.at(-1)?.message.seq ?? after;
    if (page.length < PAGE_MESSAGES) return all;
  }
}

function toUsage({
  createdAt,
  ownerId: _owner,
  conversationId: _conversation,
  ...columns
}: typeof usage.$inferSelect): OwedUsage {
  return { ...columns, createdAt: createdAt.getTime() };
}

// What is read from and written to Postgres about conversations as a whole.

import { and, desc, eq, lt, or, sql } from "drizzle-orm";
import type { ConversationItem } from "../../protocol/api.ts";
import type { Database } from "./client.ts";
import { conversations } from "./schema.ts";

/** Where a page of the list ends: its last row's time and id. */
export type ListPosition = { updatedAt: Date; id: string };

/** One owner's conversations, newest first, from after `after`. */
export async function listConversations(
  database: Database,
  ownerId: string,
  limit: number,
  after: ListPosition | null,
): Promise<ConversationItem[]> {
  const { id, title, model, createdAt, updatedAt, pinned, archived } = conversations;
  const rows = await database
    // By name: a conversation's system prompt may be as long as a hundred pages of the list.
    .select({ id, title, model, createdAt, updatedAt, pinned, archived })
    .from(conversations)
    .where(
      and(
        eq(conversations.ownerId, ownerId),
        after === null
          ? undefined
          : or(
              lt(conversations.updatedAt, after.updatedAt),
              and(eq(conversations.updatedAt, after.updatedAt), lt(conversations.id, after.id)),
            ),
      ),
    )
    .orderBy(desc(conversations.updatedAt), desc(conversations.id))
    .limit(limit);
  return rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }));
}

export async function pingDatabase(database: Database): Promise<void> {
  await database.execute(sql`select 1`);
}

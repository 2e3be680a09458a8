// What a conversation's object owes to Postgres, written in one transaction. Every statement may be repeated, in any
// order: an older revision never overwrites a newer one, a stranger's row is never touched, and what was deleted stays
// deleted.

import { and, eq, sql, type SQL } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { OutboxWriter, OwedConversation, OwedMessage, WriteFailure } from "../core/owed.ts";
import { type Database, readFailure } from "./client.ts";
import { conversations, messages, tombstones, usage, users } from "./schema.ts";

export function createOutboxWriter(database: Database): OutboxWriter {
  return {
    write: (conversation, owed) =>
      attempt(() =>
        database.batch([
          upsertUser(database, conversation),
          upsertConversation(database, conversation),
          ...owed.map((message) => upsertMessage(database, conversation, message)),
          ...owed.flatMap((message) => insertUsage(database, conversation, message)),
        ]),
      ),
    remove: (conversationId, ownerId, deletedAt) =>
      attempt(() =>
        database.batch([
          database
            .insert(tombstones)
            .values({ conversationId, deletedAt: new Date(deletedAt) })
            .onConflictDoNothing(),
          database
            .delete(conversations)
            .where(and(eq(conversations.id, conversationId), eq(conversations.ownerId, ownerId))),
        ]),
      ),
  };
}

async function attempt(write: () => Promise<unknown>): Promise<WriteFailure | null> {
  try {
    await write();
    return null;
  } catch (error) {
    return readFailure(error);
  }
}

function upsertUser(database: Database, { ownerId, ownerKind, createdAt }: OwedConversation) {
  return database
    .insert(users)
    .values({ id: ownerId, kind: ownerKind, createdAt: new Date(createdAt) })
    .onConflictDoNothing();
}

function upsertConversation(database: Database, row: OwedConversation) {
  // A SELECT in place of VALUES, for the tombstone's sake; bare parameters have no type there, hence the casts.
  return database.execute(sql`
    insert into ${conversations}
      (id, owner_id, title, model, system, active_leaf_id, pinned, archived, rev, created_at, updated_at)
    select ${row.id}::text, ${row.ownerId}::text, ${row.title}::text, ${row.model}::text, ${row.system}::text,
      ${row.activeLeafId}::text, ${row.pinned}::boolean, ${row.archived}::boolean, ${row.rev}::bigint,
      ${new Date(row.createdAt).toISOString()}::timestamptz, ${new Date(row.updatedAt).toISOString()}::timestamptz
    where not exists (select 1 from ${tombstones} where conversation_id = ${row.id}::text)
    on conflict (id) do update set title = excluded.title, model = excluded.model, system = excluded.system,
      active_leaf_id = excluded.active_leaf_id, pinned = excluded.pinned, archived = excluded.archived,
      rev = excluded.rev, updated_at = excluded.updated_at
    where ${conversations}.owner_id = excluded.owner_id and ${conversations}.rev < excluded.rev`);
}

function upsertMessage(database: Database, conversation: OwedConversation, message: OwedMessage) {
  const { usage: _, createdAt, ...columns } = message;
  return database
    .insert(messages)
    .values({
      ...columns,
      conversationId: conversation.id,
      ownerId: conversation.ownerId,
      createdAt: new Date(createdAt),
    })
    .onConflictDoUpdate({
      target: [messages.conversationId, messages.id],
      // What an answer may still change: the log, how it ended, and which generation it is of.
      set: {
        text: excluded(messages.text),
        parts: excluded(messages.parts),
        state: excluded(messages.state),
        model: excluded(messages.model),
        generationId: excluded(messages.generationId),
        keeps: excluded(messages.keeps),
        finishReason: excluded(messages.finishReason),
        error: excluded(messages.error),
        cached: excluded(messages.cached),
        rev: excluded(messages.rev),
      },
      setWhere: sql`${messages.ownerId} = excluded.owner_id and ${messages.rev} < excluded.rev`,
    });
}

function insertUsage(database: Database, conversation: OwedConversation, { usage: row }: OwedMessage) {
  if (row === null) return [];
  const { createdAt, ...columns } = row;
  return [
    database
      .insert(usage)
      .values({
        ...columns,
        conversationId: conversation.id,
        ownerId: conversation.ownerId,
        createdAt: new Date(createdAt),
      })
      .onConflictDoNothing(),
  ];
}

function excluded(column: PgColumn): SQL {
  return sql`excluded.${sql.identifier(column.name)}`;
}

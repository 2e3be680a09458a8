// What a conversation's object owes to Postgres, written in one transaction. Every statement may be repeated, in any
// order: an older revision never overwrites a newer one, a stranger's row is never touched, and what was deleted stays
// deleted.

import { sql, type SQL } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { OutboxWriter, OwedConversation, WriteFailure } from "../core/owed.ts";
import { type Database, readFailure } from "./client.ts";
import { conversations, messages, tombstones, usage, users } from "./schema.ts";
import { createGatheredWrites, type Payment } from "./gathered-writes.ts";
import { compile, type Filled, placeholders, runTogether } from "./statement.ts";

export function createOutboxWriter(database: Database): OutboxWriter {
  const statements = compileStatements(database);
  const write = (payments: readonly Payment[]) => attempt(() => runTogether(database, fillAll(statements, payments)));
  const gathered = createGatheredWrites(write);
  return {
    list: (conversation, onSettled) => gathered.tell({ conversation, messages: [] }, onSettled),
    write: (conversation, messages) => write([{ conversation, messages }]),
    writeTogether: (conversation, messages) => gathered.write({ conversation, messages }),
    remove: (conversationId, ownerId, deletedAt) => {
      const row = { conversationId, ownerId, deletedAt: new Date(deletedAt) };
      return attempt(() => runTogether(database, [statements.entomb(row), statements.remove(row)]));
    },
  };
}

async function attempt(write: () => Promise<void>): Promise<WriteFailure | null> {
  try {
    await write();
    return null;
  } catch (error) {
    return readFailure(error);
  }
}

type Statements = ReturnType<typeof compileStatements>;

/** In one order whoever writes, so that no two isolates wait for each other in a circle. */
function fillAll(statements: Statements, payments: readonly Payment[]): Filled[] {
  const owners = new Map(payments.map(({ conversation }) => [conversation.ownerId, conversation]));
  const byOwner = [...owners.values()].sort((a, b) => (a.ownerId < b.ownerId ? -1 : 1));
  const byId = payments.toSorted((a, b) => (a.conversation.id < b.conversation.id ? -1 : 1));
  return [
    ...byOwner.map((conversation) => fillUser(statements, conversation)),
    ...byId.map(({ conversation }) => fillConversation(statements, conversation)),
    ...byId.flatMap((payment) => fillMessages(statements, payment)),
  ];
}

function fillMessages(statements: Statements, { conversation, messages }: Payment): Filled[] {
  const key = { conversationId: conversation.id, ownerId: conversation.ownerId };
  return [
    ...messages.map((message) => statements.message({ ...message, ...key, createdAt: new Date(message.createdAt) })),
    ...messages.flatMap(({ usages }) =>
      usages.map((row) => statements.usage({ ...row, ...key, createdAt: new Date(row.createdAt) })),
    ),
  ];
}

function fillUser({ user }: Statements, { ownerId, ownerKind, createdAt }: OwedConversation): Filled {
  return user({ id: ownerId, kind: ownerKind, createdAt: new Date(createdAt) });
}

function fillConversation(statements: Statements, conversation: OwedConversation): Filled {
  return statements.conversation({
    ...conversation,
    createdAt: new Date(conversation.createdAt).toISOString(),
    updatedAt: new Date(conversation.updatedAt).toISOString(),
  });
}

function compileStatements(database: Database) {
  const at = (name: string) => sql.placeholder(name);
  return {
    user: compile(
      database
        .insert(users)
        .values(placeholders(["id", "kind", "createdAt"]))
        .onConflictDoNothing(),
    ),
    // A SELECT in place of VALUES, for the tombstone's sake; bare parameters have no type there, hence the casts.
    conversation: compile(sql`
      insert into ${conversations}
        (id, owner_id, title, model, system, active_leaf_id, pinned, archived, rev, created_at, updated_at)
      select ${at("id")}::text, ${at("ownerId")}::text, ${at("title")}::text, ${at("model")}::text,
        ${at("system")}::text, ${at("activeLeafId")}::text, ${at("pinned")}::boolean, ${at("archived")}::boolean,
        ${at("rev")}::bigint, ${at("createdAt")}::timestamptz, ${at("updatedAt")}::timestamptz
      where not exists (select 1 from ${tombstones} where conversation_id = ${at("id")}::text)
      on conflict (id) do update set title = excluded.title, model = excluded.model, system = excluded.system,
        active_leaf_id = excluded.active_leaf_id, pinned = excluded.pinned, archived = excluded.archived,
        rev = excluded.rev, updated_at = excluded.updated_at
      where ${conversations}.owner_id = excluded.owner_id and ${conversations}.rev < excluded.rev`),
    message: compile(
      database
        .insert(messages)
        .values(placeholders([...MESSAGE_KEY, ...MESSAGE_FIXED, ...MESSAGE_CHANGING]))
        .onConflictDoUpdate({
          target: [messages.conversationId, messages.id],
          set: Object.fromEntries(MESSAGE_CHANGING.map((name) => [name, excluded(messages[name])])),
          setWhere: sql`${messages.ownerId} = excluded.owner_id and ${messages.rev} < excluded.rev`,
        }),
    ),
    usage: compile(database.insert(usage).values(placeholders(USAGE)).onConflictDoNothing()),
    entomb: compile(
      database
        .insert(tombstones)
        .values(placeholders(["conversationId", "deletedAt"]))
        .onConflictDoNothing(),
    ),
    remove: compile(
      sql`delete from ${conversations} where id = ${at("conversationId")} and owner_id = ${at("ownerId")}`,
    ),
  };
}

const MESSAGE_KEY = ["conversationId", "id", "ownerId"] as const;
const MESSAGE_FIXED = ["parentId", "seq", "role", "createdAt"] as const;
/** What an answer may still change: the log, how it ended, and which generation it is of. */
const MESSAGE_CHANGING = [
  "text",
  "parts",
  "state",
  "model",
  "generationId",
  "keeps",
  "finishReason",
  "error",
  "cached",
  "earlier",
  "rev",
] as const;
const USAGE = [
  "generationId",
  "ownerId",
  "conversationId",
  "model",
  "inputTokens",
  "outputTokens",
  "costUsd",
  "cached",
  "createdAt",
] as const;

function excluded(column: PgColumn): SQL {
  return sql`excluded.${sql.identifier(column.name)}`;
}

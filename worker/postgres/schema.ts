// What Postgres remembers. Migrations are generated from this file (`npm run db:generate`).
// Ids are made by clients, so no id alone is a key: a message's key is (conversation, id), and every row names its owner.

import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
} from "drizzle-orm/pg-core";
import type { AnswerRecord } from "../core/answer.ts";
import type { LogEntry } from "../../protocol/events.ts";

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: "date", precision: 3 });

export const users = pgTable("users", {
  id: text("id").primaryKey(),
  kind: text("kind", { enum: ["guest", "member"] }).notNull(),
  email: text("email").unique(),
  name: text("name"),
  createdAt: moment("created_at").notNull(),
});

/** Members' sessions; a guest's session is its signed cookie alone. */
export const sessions = pgTable(
  "sessions",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    createdAt: moment("created_at").notNull(),
    expiresAt: moment("expires_at").notNull(),
    revokedAt: moment("revoked_at"),
  },
  (table) => [index("sessions_user").on(table.userId)],
);

export const conversations = pgTable(
  "conversations",
  {
    id: text("id").primaryKey(),
    ownerId: text("owner_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    title: text("title").notNull(),
    model: text("model").notNull(),
    system: text("system"),
    activeLeafId: text("active_leaf_id"),
    pinned: boolean("pinned").notNull(),
    archived: boolean("archived").notNull(),
    /** The object's revision of this row; an older one never overwrites a newer. */
    rev: bigint("rev", { mode: "number" }).notNull(),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [
    // The list: one owner's, newest first, by keyset.
    index("conversations_list").on(table.ownerId, table.updatedAt.desc(), table.id.desc()),
    // For the messages' foreign key: a message's owner is its conversation's, or the row does not go in.
    unique("conversations_id_owner").on(table.id, table.ownerId),
  ],
);

export const messages = pgTable(
  "messages",
  {
    conversationId: text("conversation_id").notNull(),
    id: text("id").notNull(),
    ownerId: text("owner_id").notNull(),
    parentId: text("parent_id"),
    seq: bigint("seq", { mode: "number" }).notNull(),
    role: text("role", { enum: ["user", "assistant"] }).notNull(),
    text: text("text").notNull(),
    /** The whole log where it holds more than text, so that a rebuilt conversation replays exactly. */
    parts: jsonb("parts").$type<LogEntry[]>(),
    state: text("state", { enum: ["complete", "stopped", "failed", "interrupted"] }),
    model: text("model"),
    generationId: text("generation_id"),
    keeps: jsonb("keeps").$type<number[]>(),
    finishReason: text("finish_reason"),
    error: text("error"),
    cached: boolean("cached").notNull(),
    /** The generations that a continued message had before its newest. */
    earlier: jsonb("earlier").$type<AnswerRecord[]>(),
    rev: bigint("rev", { mode: "number" }).notNull(),
    createdAt: moment("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.conversationId, table.id] }),
    foreignKey({
      columns: [table.conversationId, table.ownerId],
      foreignColumns: [conversations.id, conversations.ownerId],
    }).onDelete("cascade"),
    // The history, by page.
    index("messages_history").on(table.conversationId, table.seq),
    // Full-text search. Cut, because a tsvector holds 1 MB and a row must never be refused for its text.
    index("messages_search").using("gin", sql`to_tsvector('simple', left(${table.text}, 100000))`),
  ],
);

/** One row an ended generation: what it took and what it cost. Kept when its conversation goes: a bill is a bill. */
export const usage = pgTable(
  "usage",
  {
    generationId: text("generation_id").notNull(),
    ownerId: text("owner_id").notNull(),
    conversationId: text("conversation_id").notNull(),
    model: text("model").notNull(),
    /** Null where the provider did not say, as when it was stopped. */
    inputTokens: integer("input_tokens"),
    outputTokens: integer("output_tokens"),
    /** US dollars; null where no price is configured. */
    costUsd: doublePrecision("cost_usd"),
    cached: boolean("cached").notNull(),
    createdAt: moment("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.ownerId, table.conversationId, table.generationId] }),
    index("usage_owner").on(table.ownerId, table.createdAt),
  ],
);

/** Deleted conversations, by id: a row that was under way when its conversation was deleted finds this and stays out. */
export const tombstones = pgTable("tombstones", {
  conversationId: text("conversation_id").primaryKey(),
  deletedAt: moment("deleted_at").notNull(),
});

// What versions until November 2026 stored, taken over once, when a conversation is opened. The latest of them had our
// tables by other names; those before it, tables of their own for the conversation, its messages and the runs of their
// logs, with a column for each field.

import type { EndCode } from "../../protocol/errors.ts";
import type { GenerationState } from "../../protocol/events.ts";
import type { Params } from "../../protocol/api.ts";
import type { AnswerRecord } from "../core/answer.ts";
import { isReasoningModel } from "../core/models.ts";
import type { Row } from "./counted-sql.ts";
import type { ConversationRecord, MessageRecord } from "./rows.ts";

/** The later of those versions had it as JSON. */
export function readOlderConversation(sql: SqlStorage): ConversationRecord | null {
  const row = sql.exec("select * from conversation").toArray()[0];
  if (row === undefined) return null;
  return "record" in row ? (JSON.parse(String(row["record"])) as ConversationRecord) : readColumns(row);
}

/**
 * One by one, oldest first: all of them may be more than an isolate can hold. What Postgres had refused is tried again.
 * @param tables those that there are: a deleted conversation has its own row and no messages
 */
export function* readOlderMessages(sql: SqlStorage, tables: ReadonlySet<string>): Generator<MessageRecord> {
  if (!tables.has("message")) return;
  const rows = sql.exec(
    "select m.*, (select p.id from message p where p.seq = m.parent_seq) as parent_id from message m order by seq",
  );
  for (const row of rows) yield readOlderMessage(row);
}

/** What moves the logs to the new layout, and drops the old one. */
export function moveOlderLogs(tables: ReadonlySet<string>): string {
  const move = "insert into ledger (key, part, body) select key + 1, part, body from segment order by key;";
  return `${tables.has("segment") ? move : ""}
    drop table conversation; drop table if exists message; drop table if exists segment;`;
}

/**
 * What gives the latest one's tables their names of now. Where tables with these are there beside them, an older version
 * came back for a while: it has begun anew, from what Postgres knew, and is believed.
 */
export function renameOlderTables(tables: ReadonlySet<string>): string {
  const rename = (from: string, to: string) => (tables.has(from) ? `alter table ${from} rename to ${to};` : "");
  return `drop table if exists ledger; drop table if exists continuation;
    ${rename("entry", "ledger")} ${rename("generation", "continuation")}`;
}

// The rows are our own writing, so a value of another type is a bug here, never input: these only narrow.
const num = (row: Row, name: string): number => Number(row[name]);
const numOrNull = (row: Row, name: string): number | null => (row[name] === null ? null : Number(row[name]));
const str = (row: Row, name: string): string => String(row[name]);
const strOrNull = (row: Row, name: string): string | null => (row[name] === null ? null : String(row[name]));

function readColumns(row: Row): ConversationRecord {
  return {
    id: str(row, "id"),
    owner: str(row, "owner"),
    ownerKind: str(row, "owner_kind") === "member" ? "member" : "guest",
    title: str(row, "title"),
    model: str(row, "model"),
    system: strOrNull(row, "system"),
    pinned: row["pinned"] === 1,
    archived: row["archived"] === 1,
    activeLeaf: numOrNull(row, "active_leaf"),
    liveSeq: numOrNull(row, "live_seq"),
    rev: num(row, "rev"),
    syncedRev: num(row, "synced_rev"),
    owedFrom: numOrNull(row, "owed_from"),
    owedTries: num(row, "owed_tries"),
    nextSeq: num(row, "next_seq"),
    createdAt: num(row, "created_at"),
    updatedAt: num(row, "updated_at"),
    deletedAt: numOrNull(row, "deleted_at"),
  };
}

function readOlderMessage(row: Row): MessageRecord {
  const role = str(row, "role") === "user" ? "user" : "assistant";
  return {
    seq: num(row, "seq"),
    id: str(row, "id"),
    parentSeq: numOrNull(row, "parent_seq"),
    parentId: strOrNull(row, "parent_id"),
    role,
    text: str(row, "text"),
    rev: num(row, "rev"),
    createdAt: num(row, "created_at"),
    answer: role === "assistant" ? readOlderAnswer(row) : null,
  };
}

function readOlderAnswer(row: Row): AnswerRecord {
  const model = str(row, "model");
  const params: Params = JSON.parse(str(row, "params"));
  const inputTokens = numOrNull(row, "input_tokens");
  const outputTokens = numOrNull(row, "output_tokens");
  // Another generation than the message's first one began later than the message.
  const startedAt = num(row, "started_at");
  return {
    generation: {
      id: str(row, "generation_id"),
      state: str(row, "state") as GenerationState,
      attempt: num(row, "attempt"),
      keeps: JSON.parse(str(row, "keeps")) as number[],
      base: num(row, "base"),
      length: num(row, "length"),
      finishReason: strOrNull(row, "finish_reason"),
      usage: inputTokens === null || outputTokens === null ? null : { inputTokens, outputTokens },
      error: strOrNull(row, "error") as EndCode | null,
      reasons: isReasoningModel(model, params.reasoningEffort),
      startedAt,
      attemptAt: startedAt,
      heardAt: null,
    },
    model,
    params,
    costUsd: numOrNull(row, "cost_usd"),
    isCached: row["cached"] === 1,
  };
}

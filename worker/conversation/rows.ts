// The rows of the object's SQLite as values, and back. No SQL here.

import type { EndCode } from "../../protocol/errors.ts";
import type { GenerationState } from "../../protocol/events.ts";
import type { Params } from "../../protocol/api.ts";
import type { AnswerRecord } from "../core/answer.ts";
import { isReasoningModel } from "../core/models.ts";

/** Stored as JSON: a field that comes to it later is missing in the rows of before. */
export type ConversationRecord = {
  id: string;
  owner: string;
  ownerKind: "guest" | "member";
  title: string;
  model: string;
  system: string | null;
  pinned: boolean;
  archived: boolean;
  /** The `seq` of the leaf that is shown. */
  activeLeaf: number | null;
  /** The `seq` of the message that is being written; a new life that finds one here knows that its producer is dead. */
  liveSeq: number | null;
  /** Moves with messages, states, title and branch, not with tokens. */
  rev: number;
  /** The outbox: everything up to this rev is in Postgres, and nothing below `owedFrom` is owed. */
  syncedRev: number;
  owedFrom: number | null;
  owedTries: number;
  nextSeq: number;
  createdAt: number;
  updatedAt: number;
  deletedAt: number | null;
};

export type MessageRecord = {
  seq: number;
  id: string;
  parentSeq: number | null;
  parentId: string | null;
  role: "user" | "assistant";
  /** A person's words; an answer's text is in its segments. */
  text: string;
  rev: number;
  createdAt: number;
  /** Of an assistant message: its newest generation. */
  answer: AnswerRecord | null;
};

type Row = Record<string, SqlStorageValue>;

// The rows are our own writing, so a value of another type is a bug here, never input: these only narrow.
const num = (row: Row, name: string): number => Number(row[name]);
const numOrNull = (row: Row, name: string): number | null => (row[name] === null ? null : Number(row[name]));
const str = (row: Row, name: string): string => String(row[name]);
const strOrNull = (row: Row, name: string): string | null => (row[name] === null ? null : String(row[name]));

/** Of a row of the version that had a column for each field. */
export function readOlderConversation(row: Row): ConversationRecord {
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

export function readMessage(row: Row): MessageRecord {
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
    answer: role === "assistant" ? readAnswer(row) : null,
  };
}

function readAnswer(row: Row): AnswerRecord {
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

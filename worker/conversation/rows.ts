// The rows of the object's SQLite as values, and back. No SQL here.

import type { AnswerRecord } from "../core/answer.ts";
import type { Generation } from "../core/generation.ts";
import type { Row } from "./counted-sql.ts";

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
  /** A person's words; an answer's text is in its log. */
  text: string;
  rev: number;
  createdAt: number;
  /** Of an assistant message: its newest generation. */
  answer: AnswerRecord | null;
};

/** What a message's row holds as JSON. `refusedTries`: how often Postgres refused it as data; absent: never. */
type StoredMessage = { rev: number; createdAt: number; refusedTries?: number } & (
  | AnswerRecord
  | { generation?: never }
);

export function writeMessage({ rev, createdAt, answer }: MessageRecord): string {
  const stored: StoredMessage = answer === null ? { rev, createdAt } : { rev, createdAt, ...answer };
  return JSON.stringify(stored);
}

/** `row` has `seq`, `id`, `parent`, `parent_id`, `body` and `record`. */
export function readMessage(row: Row): MessageRecord {
  const stored: StoredMessage = JSON.parse(String(row["record"]));
  const { rev, createdAt } = stored;
  return {
    seq: Number(row["seq"]),
    id: String(row["id"]),
    parentSeq: row["parent"] === null ? null : Number(row["parent"]),
    parentId: row["parent_id"] === null ? null : String(row["parent_id"]),
    role: stored.generation === undefined ? "user" : "assistant",
    text: String(row["body"] ?? ""),
    rev,
    createdAt,
    answer: stored.generation === undefined ? null : readAnswer(stored),
  };
}

function readAnswer({ generation, model, params, costUsd, isCached }: AnswerRecord): AnswerRecord {
  return { generation: asStored(generation), model, params, costUsd, isCached };
}

/** When its provider was heard, and when the attempt began, is known to its own life only. */
function asStored(generation: Generation): Generation {
  return { ...generation, attemptAt: generation.startedAt, heardAt: null };
}

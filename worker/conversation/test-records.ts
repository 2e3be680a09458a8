// Records for tests that write a journal without a conversation around it.

import type { AnswerRecord } from "../core/answer.ts";
import type { Generation } from "../core/generation.ts";
import type { ConversationRecord, MessageRecord } from "./rows.ts";

export const answerOf = (generation: Generation): AnswerRecord => ({
  generation,
  // Whether a model reasons is told by its name.
  model: generation.reasons ? "o4" : "m",
  params: {},
  costUsd: null,
  isCached: false,
});

export const recordOf = (createdAt: number): ConversationRecord => ({
  id: "c",
  owner: "o",
  ownerKind: "guest",
  title: "t",
  model: "m",
  system: null,
  pinned: false,
  archived: false,
  activeLeaf: null,
  liveSeq: null,
  rev: 1,
  syncedRev: 0,
  owedFrom: null,
  owedTries: 0,
  nextSeq: 1,
  createdAt,
  updatedAt: createdAt,
  deletedAt: null,
});

export const userMessage = (seq: number): MessageRecord => ({
  seq,
  id: `message-${seq}`,
  parentSeq: seq === 1 ? null : seq - 1,
  parentId: seq === 1 ? null : `message-${seq - 1}`,
  role: "user",
  text: "t",
  rev: seq,
  createdAt: seq,
  answer: null,
});

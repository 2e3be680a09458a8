// Records for tests that write a journal without a conversation around it.

import type { AnswerRecord } from "../core/answer.ts";
import type { Generation } from "../core/generation.ts";
import type { ConversationRecord } from "./rows.ts";

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

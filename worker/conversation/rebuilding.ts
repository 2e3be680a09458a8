// A cold conversation whose storage was cleared is rebuilt from what Postgres was told: tree, order, logs and ends, so
// that cursors from before still hold.

import { lengthOf, type LogEntry } from "../../protocol/events.ts";
import { isEndCode } from "../../protocol/errors.ts";
import type { OwedConversation, OwedMessage, Stored } from "../core/owed.ts";
import { isReasoningModel } from "../core/models.ts";
import type { Refusal } from "./calls.ts";
import type { Journal } from "./journal.ts";
import type { Memory } from "./memory.ts";
import type { ConversationRecord } from "./rows.ts";
import type { AnswerRecord } from "../core/answer.ts";

const FRESH_MS = 600_000; // An id made this lately names nothing that could have been lost.

/** Looks in Postgres when there is nothing here, and takes back what it knows. Null, or why it cannot be said. */
export async function rebuildIfLost(memory: Memory, conversationId: string, ownerId: string): Promise<Refusal | null> {
  if (memory.record !== null || memory.pending !== null) return null;
  const stored = await readArchive(memory, conversationId, ownerId);
  if (stored === null) return { code: "database_unavailable", retryAfterMs: 2_000 };
  // Somebody may have begun it, or rebuilt it, while Postgres was asked.
  if (typeof stored === "string" || memory.record !== null || memory.pending !== null) return null;
  restore(memory, stored.conversation, stored.messages);
  return null;
}

/**
 * What Postgres knows of a conversation that is about to be begun, asked beside the verdict and not before it. A new id
 * asks nobody; and with Postgres away, chat goes on.
 */
export async function lookForLost(memory: Memory, conversationId: string, ownerId: string): Promise<Stored> {
  if (memory.record !== null || isFresh(conversationId, memory.services.now())) return "none";
  return (await readArchive(memory, conversationId, ownerId)) ?? "none";
}

async function readArchive(memory: Memory, conversationId: string, ownerId: string): Promise<Stored | null> {
  const { archive, log } = memory.services;
  try {
    return await archive.read(conversationId, ownerId);
  } catch (error) {
    log.error("archive_failed", { conversationId, error: error instanceof Error ? error.name : "" });
    return null;
  }
}

/** A UUID of version 7 says when it was made. */
function isFresh(conversationId: string, now: number): boolean {
  const uuid = conversationId.slice(-36);
  if (uuid.charAt(14) !== "7") return false;
  const madeAt = Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
  return Math.abs(now - madeAt) < FRESH_MS;
}

/** Writes a conversation and its messages, oldest first, into an empty journal: all of it, or it throws. */
export function restore(memory: Memory, conversation: OwedConversation, messages: readonly OwedMessage[]): void {
  const { journal, storage } = memory;
  const seqOf = new Map(messages.map(({ id, seq }) => [id, seq]));
  const {
    id,
    ownerId: owner,
    ownerKind,
    title,
    model,
    system,
    pinned,
    archived,
    rev,
    createdAt,
    updatedAt,
  } = conversation;
  const record: ConversationRecord = {
    id,
    owner,
    ownerKind,
    title,
    model,
    system,
    pinned,
    archived,
    activeLeaf:
      (conversation.activeLeafId === null ? null : seqOf.get(conversation.activeLeafId)) ??
      messages.at(-1)?.seq ??
      null,
    liveSeq: null,
    rev,
    syncedRev: rev,
    owedFrom: null,
    owedTries: 0,
    nextSeq: (messages.at(-1)?.seq ?? 0) + 1,
    createdAt,
    updatedAt,
    deletedAt: null,
  };
  try {
    storage.transactionSync(() => {
      journal.create(record);
      for (const message of messages) restoreMessage(journal, message, seqOf);
    });
  } finally {
    journal.closeLog();
    journal.forgetRecent();
  }
  memory.record = record;
}

function restoreMessage(journal: Journal, message: OwedMessage, seqOf: ReadonlyMap<string, number>): void {
  const { seq, id, role, parentId, rev, createdAt } = message;
  const log: LogEntry[] = message.parts ?? (message.text === "" ? [] : [{ part: 0, text: message.text }]);
  const answer = role === "assistant" ? toAnswer(message, log) : null;
  const parentSeq = parentId === null ? null : (seqOf.get(parentId) ?? null);
  const text = answer === null ? message.text : "";
  journal.insertMessage({ seq, id, parentSeq, parentId, role, text, rev, createdAt, answer });
  if (answer === null) return;
  journal.closeLog();
  journal.appendLog(seq, 0, log, null);
  if (message.earlier !== null) journal.restoreGenerations(seq, message.earlier, answer.generation.id);
}

function toAnswer(message: OwedMessage, log: readonly LogEntry[]): AnswerRecord {
  const model = message.model ?? "";
  const keeps = message.keeps ?? [];
  const usage = message.usages.find(({ generationId }) => generationId === message.generationId);
  const { inputTokens, outputTokens } = usage ?? {};
  return {
    generation: {
      id: message.generationId ?? message.id,
      // An answer that Postgres was told of has ended; one without a state was cut by whatever lost the storage.
      state: message.state ?? "interrupted",
      attempt: keeps.length + 1,
      keeps,
      base: message.earlier?.at(-1)?.generation.length ?? 0,
      length: log.reduce((sum, entry) => sum + lengthOf(entry), 0),
      finishReason: message.finishReason,
      usage: inputTokens == null || outputTokens == null ? null : { inputTokens, outputTokens },
      error: message.error !== null && isEndCode(message.error) ? message.error : null,
      reasons: isReasoningModel(model, undefined),
      startedAt: usage?.createdAt ?? message.createdAt,
      attemptAt: usage?.createdAt ?? message.createdAt,
      heardAt: null,
    },
    model,
    params: {},
    costUsd: usage?.costUsd ?? null,
    isCached: message.cached,
  };
}

// From what the journal holds to what Postgres is told. Reads, never writes.

import { type LogEntry, partsOf, textOf } from "../../protocol/events.ts";
import { isLive } from "../core/generation.ts";
import type { AnswerRecord } from "../core/answer.ts";
import type { OwedConversation, OwedMessage, OwedUsage } from "../core/owed.ts";
import type { Journal } from "./journal.ts";
import type { ConversationRecord, MessageRecord } from "./rows.ts";

export function toOwedConversation(record: ConversationRecord, journal: Journal): OwedConversation {
  const { id, owner, ownerKind, title, model, system, pinned, archived, rev, createdAt, updatedAt, activeLeaf } =
    record;
  const activeLeafId = activeLeaf === null ? null : journal.idAt(activeLeaf);
  return {
    id,
    ownerId: owner,
    ownerKind,
    title,
    model,
    system,
    activeLeafId,
    pinned,
    archived,
    rev,
    createdAt,
    updatedAt,
  };
}

/** `logOf` reads the log of an answer. */
export function toOwed(
  message: MessageRecord,
  journal: Journal,
  logOf: (message: MessageRecord) => readonly LogEntry[] = ({ seq }) => journal.readLog(seq),
): OwedMessage {
  const { id, parentId, seq, role, rev, createdAt, answer } = message;
  const common = { id, parentId, seq, role, rev, createdAt };
  if (answer === null) {
    const none = { parts: null, state: null, model: null, generationId: null, keeps: null, finishReason: null };
    return { ...common, ...none, text: message.text, error: null, cached: false, earlier: null, usages: [] };
  }
  const { generation, model, isCached: cached } = answer;
  const log = logOf(message);
  const earlier = journal.earlierGenerations(message.seq);
  return {
    ...common,
    text: textOf(log),
    parts: partsOf(log) ?? null,
    state: isLive(generation.state) ? null : generation.state,
    model,
    generationId: generation.id,
    keeps: [...generation.keeps],
    finishReason: generation.finishReason,
    error: generation.error,
    cached,
    earlier: earlier.length === 0 ? null : earlier,
    usages: [...earlier, answer].map(toUsage),
  };
}

function toUsage({ generation, model, costUsd, isCached: cached }: AnswerRecord): OwedUsage {
  const { id: generationId, usage, startedAt: createdAt } = generation;
  const { inputTokens = null, outputTokens = null } = usage ?? {};
  return { generationId, model, inputTokens, outputTokens, costUsd, cached, createdAt };
}

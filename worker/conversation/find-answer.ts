// From a generation's id to its log: the live one, the one that ended last, or one read back from the journal.

import { AnswerLog } from "./answer-log.ts";
import { endFrameOf } from "./live-answer.ts";
import type { Memory } from "./memory.ts";
import type { MessageRecord } from "./rows.ts";

/** Null when this conversation has no such generation. */
export function findAnswer(memory: Memory, generationId: string): AnswerLog | null {
  const { live, ended, journal } = memory;
  if (live?.generation.id === generationId) return live.log;
  const recent = ended?.deref();
  if (recent?.start.generationId === generationId) return recent;
  const message = findMessage(memory, generationId);
  if (message?.answer == null) return null;
  const { generation, model, isCached, costUsd } = message.answer;
  const start = {
    generationId,
    messageId: message.id,
    userMessageId: message.parentId ?? "",
    model,
    cached: isCached,
  };
  const log = new AnswerLog(start, generation.attempt, generation.keeps, journal.readLog(message.seq));
  log.end(endFrameOf(generation, costUsd));
  memory.ended = new WeakRef(log);
  return log;
}

/** The assistant message of a generation. A send's generation has its user message's id, and its answer comes next. */
export function findMessage({ journal }: Memory, generationId: string): MessageRecord | null {
  const named = journal.findMessage(generationId);
  const message = named?.role === "user" ? journal.messageAt(named.seq + 1) : named;
  return message?.answer?.generation.id === generationId ? message : null;
}

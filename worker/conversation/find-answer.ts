// From a generation's id to its log: the live one, the one that ended last, or one read back from the journal.

import { cutLog } from "../../protocol/events.ts";
import { AnswerLog } from "./answer-log.ts";
import { endFrameOf } from "./live-answer.ts";
import type { Memory } from "./memory.ts";
import type { MessageRecord } from "./rows.ts";
import type { AnswerRecord } from "../core/answer.ts";

/** Null when this conversation has no such generation. */
export function findAnswer(memory: Memory, generationId: string): AnswerLog | null {
  const { live, ended, journal } = memory;
  if (live?.generation.id === generationId) return live.log;
  const recent = ended?.deref();
  if (recent?.start.generationId === generationId) return recent;
  const found = findGeneration(memory, generationId);
  if (found === null) return null;
  const { message, answer } = found;
  const { generation, model, isCached, costUsd } = answer;
  const start = {
    generationId,
    messageId: message.id,
    userMessageId: message.parentId ?? "",
    model,
    cached: isCached,
  };
  const entries = journal.readLog(message.seq);
  // A message that was continued since holds more than this generation said.
  cutLog(entries, generation.length);
  const log = new AnswerLog(start, generation.attempt, generation.keeps, entries);
  log.end(endFrameOf(generation, costUsd));
  memory.ended = new WeakRef(log);
  return log;
}

/** An ended generation and its message. */
export function findGeneration(
  { journal }: Memory,
  generationId: string,
): { message: MessageRecord; answer: AnswerRecord } | null {
  // A send's generation has its user message's id, and its answer comes next; a regenerated one has its message's own.
  const named = journal.findMessage(generationId);
  const direct = named?.role === "user" ? journal.messageAt(named.seq + 1) : named;
  if (direct?.answer?.generation.id === generationId) return { message: direct, answer: direct.answer };
  const continued = journal.findContinued(generationId);
  const message = continued === null ? null : journal.messageAt(continued.seq);
  const answer = continued?.past ?? message?.answer ?? null;
  return message === null || answer === null ? null : { message, answer };
}

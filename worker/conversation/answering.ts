// Starting answers and taking them up again: joins an answer that is being written to the journal, the provider, the
// limits and the outbox of its conversation.

import { costOf } from "../core/price.ts";
import { type Generation, isLive } from "../core/generation.ts";
import { isKnownModel } from "../core/models.ts";
import {
  buildMessages,
  CONTINUE_PROMPT,
  MAX_PROMPT_MESSAGES,
  type Prompt,
  type PromptMessage,
  promptLength,
} from "../core/prompt.ts";
import type { LlmEvent } from "../llm/provider.ts";
import type { Params } from "../../protocol/api.ts";
import { cutLog, type LogEntry, textOf } from "../../protocol/events.ts";
import { AnswerLog } from "./answer-log.ts";
import { type Host, LiveAnswer, type ProviderCall } from "./live-answer.ts";
import { isolate } from "./load.ts";
import { leaseOf, type Memory } from "./memory.ts";
import { timers } from "./timers.ts";
import { writeTitle } from "./titling.ts";
import type { ConversationRecord, MessageRecord } from "./rows.ts";
import type { AnswerRecord } from "../core/answer.ts";

const FIRST_ANSWER = 2; // The `seq` of a conversation's first answer.

/** A call that is on its way (or failed before it was), and what it says first. */
export type DispatchedCall = ProviderCall & { dispatched: Promise<void>; first: Promise<IteratorResult<LlmEvent[]>> };

/** Calls the provider in this turn, before anything is written: a pending write would hold the call back. */
export function callProvider({ services }: Memory, prompt: Prompt, cacheFor: string | null): DispatchedCall {
  const controller = new AbortController();
  const { promise: dispatched, resolve } = Promise.withResolvers<void>();
  const call = {
    signal: controller.signal,
    onDispatch: resolve,
    isolate,
    ...(cacheFor !== null && { cacheFor }),
  };
  const batches = services.provider.stream(prompt, call)[Symbol.asyncIterator]();
  const first = batches.next();
  first.then(
    () => resolve(),
    () => resolve(),
  );
  let isFirst = true;
  const next = () => {
    if (!isFirst) return batches.next();
    isFirst = false;
    return first;
  };
  const leave = () => batches.return?.() ?? Promise.resolve({ done: true as const, value: undefined });
  return { batches: { next, return: leave }, abort: () => controller.abort(), dispatched, first };
}

/** The prompt of an answer to `leaf`'s branch, with `added` after it where that is not stored yet. */
export function buildPrompt(
  { journal, services }: Memory,
  record: ConversationRecord | null,
  leaf: number | null,
  added: PromptMessage[],
  model: string,
  params: Params,
): Prompt {
  const { contextTokens } = services.config.model;
  const branch = journal.branch(leaf, MAX_PROMPT_MESSAGES, promptLength(contextTokens));
  const { cache: _, ...promptParams } = params;
  const messages = buildMessages(record?.system ?? null, branch, added, contextTokens);
  return { model, messages, params: promptParams };
}

/** The prompt's end for an answer that goes on: its own words, and the wish. Nothing said yet: nothing to go on from. */
export function saidSoFar(text: string): PromptMessage[] {
  if (text === "") return [];
  return [
    { role: "assistant", content: text },
    { role: "user", content: CONTINUE_PROMPT },
  ];
}

/** The model to answer with: the one asked for, else the one used `before` while it is still offered, else the default. */
export function chooseModel({ services }: Memory, asked: string | undefined, before: string | undefined): string {
  const defaultModel = services.config.model.id;
  if (asked !== undefined) return asked;
  return before !== undefined && isKnownModel(before, defaultModel) ? before : defaultModel;
}

/** Puts an answer to work whose rows are stored already. `entries` is its log so far. */
export function createLiveAnswer(
  memory: Memory,
  message: MessageRecord,
  answer: AnswerRecord,
  entries: LogEntry[],
): LiveAnswer {
  const { generation, model, isCached } = answer;
  const start = {
    generationId: generation.id,
    messageId: message.id,
    userMessageId: message.parentId ?? "",
    model,
    cached: isCached,
  };
  const log = new AnswerLog(start, generation.attempt, generation.keeps, entries);
  const live = new LiveAnswer(generation, log, createHost(memory, message, answer));
  memory.live = live;
  return live;
}

/** A new life of the object that finds an answer unfinished: its producer is dead, and the machine says what follows. */
export function recover(memory: Memory): void {
  const { record, journal, live } = memory;
  if (live !== null || record === null || record.liveSeq === null) return;
  const message = journal.messageAt(record.liveSeq);
  // Stored with its end, or with an attempt that a life before began: until the payment it stands in the message alone.
  record.rev = Math.max(record.rev, message?.rev ?? 0);
  if (message?.answer == null || !isLive(message.answer.generation.state)) {
    record.liveSeq = null;
    journal.saveConversation(record);
    return;
  }
  // One for the change to streaming, which was shown and not stored; so no reader's rev can be the present one.
  record.rev++;
  const revived = createLiveAnswer(memory, message, message.answer, journal.readLog(message.seq));
  revived.dispatch({ type: "woke", length: revived.log.length });
  memory.schedule();
}

function createHost(memory: Memory, message: MessageRecord, answer: AnswerRecord): Host {
  const { journal, services } = memory;
  const { id: generationId } = answer.generation;
  const lease = leaseOf(memory.record?.id ?? "", generationId);
  const subject = { user: `user:${memory.record?.owner ?? ""}`, lease };
  const bornAt = services.now();
  let firstTokenMs: number | null = null;

  const costFor = ({ usage, state }: Generation) =>
    state === "complete" || usage !== null ? costOf(usage, services.config.model.price, answer.isCached) : null;

  return {
    ...timers,
    now: services.now,
    call: () => {
      const { record } = memory;
      // What this generation goes on from, where it goes on from something.
      const before = journal.readLog(message.seq);
      cutLog(before, answer.generation.base);
      const added = saidSoFar(textOf(before));
      const prompt = buildPrompt(memory, record, message.parentSeq, added, answer.model, answer.params);
      return callProvider(memory, prompt, null);
    },
    flush: (attempt, { offset, entries }) => journal.appendLog(message.seq, offset, entries, { generationId, attempt }),
    fence: (from, generation) => {
      journal.closeLog();
      const { record } = memory;
      return record !== null && journal.saveGeneration(message.seq, from, generation, record.rev, null);
    },
    finish: (from, generation, growth) => {
      const { record } = memory;
      const costUsd = costFor(generation);
      if (record === null) return { isCurrent: false, costUsd };
      const rev = memory.touch(record, message.seq);
      const isCurrent = journal.saveGeneration(message.seq, from, generation, rev, costUsd, growth);
      // Stored with the payment that follows: a life that ends before leaves the message to be found (`recover`).
      record.liveSeq = null;
      if (memory.live !== null) memory.ended = new WeakRef(memory.live.log);
      memory.live = null;
      journal.closeLog();
      memory.announce();
      void services.limiter.release(subject);
      if (isCurrent) memory.drainTogether();
      // Once: a send's own generation has its message's id, and what makes another or goes on has one of its own.
      const isFirst = message.seq === FIRST_ANSWER && generationId === message.parentId;
      if (isFirst && generation.state === "complete") {
        void writeTitle(memory).catch(() => services.log.error("title_failed", { conversationId: record.id }));
      }
      services.log.info("generation_ended", {
        conversationId: record.id,
        generationId,
        state: generation.state,
        attempt: generation.attempt,
        length: generation.length,
        finishReason: generation.finishReason,
        error: generation.error,
        model: answer.model,
        cached: answer.isCached,
        firstTokenMs,
        totalMs: services.now() - bornAt,
        rowsWritten: journal.rowsWritten,
      });
      return { isCurrent, costUsd };
    },
    stored: () => memory.stored(),
    giveWay: () => memory.giveWay(),
    spoke: () => {
      firstTokenMs ??= services.now() - bornAt;
      if (memory.record === null) return;
      memory.record.rev++;
      memory.outbox.keepListed();
      memory.announce();
    },
    log: (event, fields) => services.log.error(event, fields),
  };
}

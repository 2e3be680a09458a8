// Another answer beside an assistant message, or more after it. Nothing is destroyed: the other answer stays a sibling,
// and what a continued answer said before stays its log's beginning.

import { beginGeneration, isLive } from "../core/generation.ts";
import { isReasoningModel } from "../core/models.ts";
import { textOf } from "../../protocol/events.ts";
import type { AnswerLog } from "./answer-log.ts";
import { chooseModel, createLiveAnswer, type DispatchedCall, saidSoFar } from "./answering.ts";
import type { Answer, GenerationCall } from "./calls.ts";
import { findAnswer } from "./find-answer.ts";
import type { Memory } from "./memory.ts";
import type { ConversationRecord, MessageRecord } from "./rows.ts";
import type { AnswerRecord } from "../core/answer.ts";
import { type Plan, refuse, type Start, startAnswer, type Started } from "./starting.ts";

type Target = { record: ConversationRecord; message: MessageRecord; answer: AnswerRecord };

export function regenerate(memory: Memory, call: GenerationCall): Promise<Answer<Started>> {
  const { owner, address, isVerdictFirst, params, request } = call;
  const start: Start = {
    conversationId: call.conversationId,
    id: request.id,
    owner,
    address,
    params,
    model: request.model,
    isVerdictFirst,
    fingerprint: `${request.kind} ${request.messageId}`,
    lookUp: () => lookUp(memory, call),
    plan: () => plan(memory, call),
  };
  return startAnswer(memory, start);
}

function lookUp(memory: Memory, { request }: GenerationCall): Answer<AnswerLog> | null {
  const { record, journal, live } = memory;
  if (record === null) return refuse({ code: "not_found" });
  const target = journal.findMessage(request.messageId);
  const known = findAnswer(memory, request.id);
  if (known !== null || journal.findMessage(request.id) !== null) {
    // A message's own id is never that of what continues it.
    const isFree = request.kind === "regenerate" || journal.findMessage(request.id) === null;
    const isSame = isFree && known !== null && target !== null && isOf(known, request.kind, target);
    return isSame ? { ok: true, value: known } : refuse({ code: "id_conflict" });
  }
  if (live !== null) return refuse({ code: "busy", generationId: live.generation.id });
  return target?.answer == null ? refuse({ code: "unknown_message" }) : null;
}

/** Whether a generation is what this kind of request for this message made. */
function isOf({ start }: AnswerLog, kind: "regenerate" | "continue", target: MessageRecord): boolean {
  return kind === "continue"
    ? start.messageId === target.id && start.generationId !== target.id
    : start.messageId === start.generationId && start.userMessageId === target.parentId;
}

function plan(memory: Memory, call: GenerationCall): Plan {
  const { request } = call;
  const { record, journal } = memory;
  const message = journal.findMessage(request.messageId);
  if (record === null || message?.answer == null) throw new Error("planned without a target");
  const target: Target = { record, message, answer: message.answer };
  const model = chooseModel(memory, request.model, target.answer.model);
  const isMore = request.kind === "continue";
  return {
    model,
    leaf: message.parentSeq,
    added: isMore ? saidSoFar(textOf(journal.readLog(message.seq))) : [],
    store: (provider, isCached) => (isMore ? storeMore : storeBeside)(memory, call, target, model, provider, isCached),
  };
}

type Store = (
  memory: Memory,
  call: GenerationCall,
  target: Target,
  model: string,
  provider: DispatchedCall,
  isCached: boolean,
) => AnswerLog;

const storeBeside: Store = (memory, { request, params }, { record, message: target }, model, provider, isCached) => {
  const now = memory.services.now();
  const seq = record.nextSeq;
  const rev = memory.touch(record, seq);
  Object.assign(record, { nextSeq: seq + 1, activeLeaf: seq, liveSeq: seq, model, updatedAt: now });
  const generation = beginGeneration(request.id, 0, isReasoningModel(model, params.reasoningEffort), now);
  const answer: AnswerRecord = { generation, model, params, costUsd: null, isCached };
  const { parentSeq, parentId } = target;
  // The sibling is made by this request, so it has the request's id.
  const message: MessageRecord = {
    seq,
    id: request.id,
    parentSeq,
    parentId,
    role: "assistant",
    text: "",
    rev,
    createdAt: now,
    answer,
  };
  memory.journal.saveConversation(record);
  memory.journal.insertMessage(message);
  return putToWork(memory, message, answer, provider);
};

const storeMore: Store = (
  memory,
  { request, params },
  { record, message, answer: before },
  model,
  provider,
  isCached,
) => {
  const { journal } = memory;
  const now = memory.services.now();
  const rev = memory.touch(record, message.seq);
  Object.assign(record, { liveSeq: message.seq, updatedAt: now });
  const reasons = isReasoningModel(model, params.reasoningEffort);
  const generation = beginGeneration(request.id, before.generation.length, reasons, now);
  const answer: AnswerRecord = { generation, model, params, costUsd: null, isCached };
  journal.saveConversation(record);
  journal.continueMessage(message.seq, before, answer, rev);
  return putToWork(memory, message, answer, provider);
};

function putToWork(memory: Memory, message: MessageRecord, answer: AnswerRecord, provider: DispatchedCall): AnswerLog {
  if (!isLive(answer.generation.state)) throw new Error("an answer that has ended cannot be put to work");
  memory.journal.closeLog();
  const live = createLiveAnswer(memory, message, answer, memory.journal.readLog(message.seq));
  live.start(provider);
  memory.announce();
  memory.schedule();
  return live.log;
}

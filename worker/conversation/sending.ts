// A send, from its id to its acknowledgement: looked up first, judged beside the call to the model, and stored in one
// turn. A refused send leaves nothing behind.

import { beginGeneration } from "../core/generation.ts";
import { isReasoningModel } from "../core/models.ts";
import { titleOf } from "../core/prompt.ts";
import { createId } from "../../protocol/id.ts";
import type { AnswerLog } from "./answer-log.ts";
import { buildPrompt, callProvider, chooseModel, createLiveAnswer, type DispatchedCall, recover } from "./answering.ts";
import type { Answer, Refusal, SendCall } from "./calls.ts";
import { findAnswer } from "./find-answer.ts";
import type { Memory } from "./memory.ts";
import type { AnswerRecord, ConversationRecord, MessageRecord } from "./rows.ts";

const refuse = (refusal: Refusal): Answer<never> => ({ ok: false, refusal });

export async function send(memory: Memory, call: SendCall): Promise<Answer<AnswerLog>> {
  for (;;) {
    recover(memory);
    const known = lookUp(memory, call);
    if (known !== null) return known;
    const { pending } = memory;
    if (pending === null) return acknowledge(memory, call);
    if (pending.id !== call.request.id) return refuse({ code: "busy", generationId: pending.id });
    if (pending.text !== call.request.text) return refuse({ code: "id_conflict" });
    // The same send, twice at once: the second waits for what comes of the first.
    await pending.settled;
  }
}

/** What is known of this send before any limit is asked: an answer that exists, a refusal, or nothing. */
function lookUp(memory: Memory, { owner, request }: SendCall): Answer<AnswerLog> | null {
  const { record, journal, live } = memory;
  if (record === null) return request.parentId == null ? null : refuse({ code: "unknown_parent" });
  if (memory.recordFor(owner.id) === null) return refuse({ code: "not_found" });
  const earlier = journal.findMessage(request.id);
  if (earlier !== null) {
    const isSame = earlier.role === "user" && earlier.text === request.text;
    const log = isSame ? findAnswer(memory, request.id) : null;
    return log === null ? refuse({ code: "id_conflict" }) : { ok: true, value: log };
  }
  if (live !== null) return refuse({ code: "busy", generationId: live.generation.id });
  const isParentKnown = request.parentId == null || journal.findMessage(request.parentId) !== null;
  return isParentKnown ? null : refuse({ code: "unknown_parent" });
}

async function acknowledge(memory: Memory, call: SendCall): Promise<Answer<AnswerLog>> {
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  const { id, text } = call.request;
  memory.pending = { id, text, settled };
  try {
    return await judge(memory, call);
  } finally {
    memory.pending = null;
    resolve();
  }
}

async function judge(memory: Memory, call: SendCall): Promise<Answer<AnswerLog>> {
  const { limiter } = memory.services;
  const { owner, request, params } = call;
  const subject = { user: `user:${owner.id}`, address: call.address, generationId: request.id };
  const model = chooseModel(memory, request.model);
  const parentSeq = findParent(memory, request.parentId);
  const added = [{ role: "user" as const, content: request.text }];
  const prompt = buildPrompt(memory, memory.record, parentSeq, added, model, params);

  if (call.isVerdictFirst) {
    const verdict = await limiter.judge(subject);
    if (!verdict.allowed) return refuse(verdict);
  }
  const provider = callProvider(memory, prompt, params.cache === true ? owner.id : null);
  const [verdict, isCached] = await Promise.all([
    call.isVerdictFirst ? ({ allowed: true } as const) : limiter.judge(subject),
    params.cache === true ? isCacheHit(provider) : provider.dispatched.then(() => false),
  ]);
  if (!verdict.allowed) {
    provider.abort();
    return refuse(verdict);
  }
  // Gates do not hold across a fetch: the conversation may have been deleted meanwhile.
  if (memory.record !== null && memory.recordFor(owner.id) === null) {
    provider.abort();
    void limiter.release(subject);
    return refuse({ code: "not_found" });
  }
  return { ok: true, value: store(memory, call, parentSeq, model, isCached, provider) };
}

async function isCacheHit(provider: DispatchedCall): Promise<boolean> {
  const { value, done } = await provider.first;
  return done !== true && value.some((event) => event.type === "cache" && event.isHit);
}

function findParent({ record, journal }: Memory, parentId: string | null | undefined): number | null {
  if (parentId === undefined) return record?.activeLeaf ?? null;
  return parentId === null ? null : (journal.findMessage(parentId)?.seq ?? null);
}

/** Everything the send writes, in one synchronous turn; then the answer is under way, awaited by no request. */
function store(
  memory: Memory,
  call: SendCall,
  parentSeq: number | null,
  model: string,
  isCached: boolean,
  provider: DispatchedCall,
): AnswerLog {
  const { journal, services } = memory;
  const { request, params } = call;
  const now = services.now();
  const isFirst = memory.record === null;
  const record = memory.record ?? createRecord(call, model, now);
  const userSeq = record.nextSeq;
  const seq = userSeq + 1;
  const rev = memory.touch(record, userSeq);
  record.nextSeq = seq + 1;
  record.activeLeaf = seq;
  record.liveSeq = seq;
  record.model = model;
  record.updatedAt = now;

  const generation = beginGeneration(request.id, 0, isReasoningModel(model, params.reasoningEffort), now);
  const answer: AnswerRecord = { generation, model, params, costUsd: null, isCached };
  const parentId = parentSeq === null ? null : (journal.messageAt(parentSeq)?.id ?? null);
  const common = { rev, createdAt: now };
  const userMessage: MessageRecord = {
    ...common,
    seq: userSeq,
    id: request.id,
    parentSeq,
    parentId,
    role: "user",
    text: request.text,
    answer: null,
  };
  const message: MessageRecord = {
    ...common,
    seq,
    id: createId(now, crypto.getRandomValues(new Uint8Array(16))),
    parentSeq: userSeq,
    parentId: request.id,
    role: "assistant",
    text: "",
    answer,
  };
  if (isFirst) journal.create(record);
  else journal.saveConversation(record);
  journal.insertMessage(userMessage);
  journal.insertMessage(message);

  memory.record = record;
  const live = createLiveAnswer(memory, message, answer);
  live.start(provider);
  // The list must show a new conversation at once; what is added to an old one can wait for the answer's end.
  if (isFirst) void memory.drain();
  else memory.schedule();
  return live.log;
}

function createRecord({ conversationId, owner, request }: SendCall, model: string, now: number): ConversationRecord {
  return {
    id: conversationId,
    owner: owner.id,
    ownerKind: owner.kind,
    title: titleOf(request.text),
    model,
    system: null,
    pinned: false,
    archived: false,
    activeLeaf: null,
    liveSeq: null,
    rev: 0,
    syncedRev: 0,
    owedFrom: null,
    owedTries: 0,
    nextSeq: 1,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  };
}

// A message that is sent, and the answer to it.

import { beginGeneration } from "../core/generation.ts";
import { isReasoningModel } from "../core/models.ts";
import { titleOf } from "../core/prompt.ts";
import { createId } from "../../protocol/id.ts";
import type { AnswerLog } from "./answer-log.ts";
import { chooseModel, createLiveAnswer, type DispatchedCall } from "./answering.ts";
import type { Answer, SendCall } from "./calls.ts";
import { findAnswer } from "./find-answer.ts";
import type { Memory } from "./memory.ts";
import type { ConversationRecord, MessageRecord } from "./rows.ts";
import type { AnswerRecord } from "../core/answer.ts";
import { refuse, type Start, startAnswer, type Started } from "./starting.ts";

export function send(memory: Memory, call: SendCall): Promise<Answer<Started>> {
  const { owner, address, isVerdictFirst, params, request } = call;
  const start: Start = {
    conversationId: call.conversationId,
    id: request.id,
    owner,
    address,
    params,
    model: request.model,
    isVerdictFirst,
    fingerprint: request.text,
    lookUp: () => lookUp(memory, call),
    plan: () => {
      const model = chooseModel(memory, request.model, memory.record?.model);
      const leaf = findParent(memory, request.parentId);
      return {
        model,
        leaf,
        added: [{ role: "user", content: request.text }],
        store: (provider, isCached) => store(memory, call, leaf, model, provider, isCached),
      };
    },
  };
  return startAnswer(memory, start);
}

function lookUp(memory: Memory, { request }: SendCall): Answer<AnswerLog> | null {
  const { record, journal, live } = memory;
  if (record === null) return request.parentId == null ? null : refuse({ code: "unknown_parent" });
  const earlier = journal.findMessage(request.id);
  if (earlier !== null) {
    const isSame = earlier.role === "user" && earlier.text === request.text;
    const log = isSame ? findAnswer(memory, request.id) : null;
    return log === null ? refuse({ code: "id_conflict" }) : { ok: true, value: log };
  }
  // One that a continued answer has: it is another kind of request.
  if (journal.findContinued(request.id) !== null) return refuse({ code: "id_conflict" });
  if (live !== null) return refuse({ code: "busy", generationId: live.generation.id });
  const isParentKnown = request.parentId == null || journal.findMessage(request.parentId) !== null;
  return isParentKnown ? null : refuse({ code: "unknown_parent" });
}

function findParent({ record, journal }: Memory, parentId: string | null | undefined): number | null {
  if (parentId === undefined) return record?.activeLeaf ?? null;
  return parentId === null ? null : (journal.findMessage(parentId)?.seq ?? null);
}

function store(
  memory: Memory,
  call: SendCall,
  parentSeq: number | null,
  model: string,
  provider: DispatchedCall,
  isCached: boolean,
): AnswerLog {
  const { journal, services } = memory;
  const { request, params } = call;
  const now = services.now();
  const isFirst = memory.record === null;
  const record = memory.record ?? createRecord(call, model, now);
  const userSeq = record.nextSeq;
  const seq = userSeq + 1;
  const rev = memory.touch(record, userSeq);
  Object.assign(record, { nextSeq: seq + 1, activeLeaf: seq, liveSeq: seq, model, updatedAt: now });

  const generation = beginGeneration(request.id, 0, isReasoningModel(model, params.reasoningEffort), now);
  const answer: AnswerRecord = { generation, model, params, costUsd: null, isCached };
  const userMessage: MessageRecord = {
    seq: userSeq,
    id: request.id,
    parentSeq,
    parentId: parentSeq === null ? null : journal.idAt(parentSeq),
    role: "user",
    text: request.text,
    rev,
    createdAt: now,
    answer: null,
  };
  const message: MessageRecord = {
    seq,
    id: createId(now, crypto.getRandomValues(new Uint8Array(16))),
    parentSeq: userSeq,
    parentId: request.id,
    role: "assistant",
    text: "",
    rev,
    createdAt: now,
    answer,
  };
  if (isFirst) journal.create(record, [userMessage, message]);
  else {
    journal.saveConversation(record);
    journal.insertMessage(userMessage);
    journal.insertMessage(message);
  }

  memory.record = record;
  const live = createLiveAnswer(memory, message, answer, []);
  live.start(provider);
  memory.announce();
  // The list must show a new conversation at once; what is added to an old one can wait for the answer's end.
  if (isFirst) memory.listSoon(call.wantsStream);
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

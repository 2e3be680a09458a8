// A fork: a new conversation that begins with a copy of another's branch. The source is only read; ids of messages are
// kept, since in Postgres, too, a message's key is its conversation and its id.

import { toOwed, toOwedConversation } from "./owing.ts";
import { type OwedMessage, type StoredConversation, weightOf } from "../core/owed.ts";
import { isLive } from "../core/generation.ts";
import type { Answer, Owner, Refusal } from "./calls.ts";
import { leaseOf, type Memory } from "./memory.ts";
import { restore } from "./rebuilding.ts";
import type { ConversationRecord } from "./rows.ts";
import { refuse } from "./starting.ts";

const MAX_LENGTH = 8_000_000; // UTF-16 units: what crosses between two objects in one call, with room to spare.

/** The branch that ends in `messageId`, numbered anew from 1. */
export function readBranch(memory: Memory, record: ConversationRecord, messageId: string): Answer<StoredConversation> {
  const { journal } = memory;
  const leaf = journal.findMessage(messageId);
  if (leaf === null) return refuse({ code: "unknown_message" });
  const branch: OwedMessage[] = [];
  let length = 0;
  for (let at = leaf; ;) {
    if (at.answer !== null && isLive(at.answer.generation.state)) {
      return refuse({ code: "busy", generationId: at.answer.generation.id });
    }
    const message = toOwed(at, journal);
    length += weightOf(message);
    if (length > MAX_LENGTH) return refuse({ code: "branch_too_long" });
    branch.push(withoutBill(message));
    const parent = at.parentSeq === null ? null : journal.messageAt(at.parentSeq);
    if (parent === null) break;
    at = parent;
  }
  const messages = branch.reverse().map((message, index) => ({ ...message, seq: index + 1, rev: index + 1 }));
  return { ok: true, value: { conversation: toOwedConversation(record, journal), messages } };
}

/** A fork counts as a message: it stores as much as many. Null where it may be. */
export async function judgeFork(
  { services: { limiter } }: Memory,
  id: string,
  owner: Owner,
  address: string,
): Promise<Refusal | null> {
  const subject = { user: `user:${owner.id}`, address, lease: leaseOf(id, "fork") };
  const verdict = await limiter.judge(subject);
  if (!verdict.allowed) return verdict;
  void limiter.release(subject); // Nothing is written for long.
  return null;
}

/** Begins this conversation with a branch of another's. Repeatable. */
export function beginFork(
  memory: Memory,
  id: string,
  owner: Owner,
  source: StoredConversation,
): Answer<ConversationRecord> {
  const leaf = source.messages.at(-1);
  if (memory.record !== null) {
    const present = memory.recordFor(owner.id);
    if (present === null) return refuse({ code: "not_found" });
    const isSame = leaf !== undefined && memory.journal.findMessage(leaf.id) !== null;
    return isSame ? { ok: true, value: present } : refuse({ code: "id_conflict" });
  }
  if (memory.pending !== null) return refuse({ code: "not_found" });
  const now = memory.services.now();
  restore(
    memory,
    {
      ...source.conversation,
      id,
      ownerId: owner.id,
      ownerKind: owner.kind,
      pinned: false,
      archived: false,
      activeLeafId: leaf?.id ?? null,
      rev: source.messages.length + 1,
      createdAt: now,
      updatedAt: now,
    },
    source.messages,
  );
  const record = memory.record;
  if (record === null) throw new Error("a restored conversation has a record");
  // Nothing of it is in Postgres yet.
  Object.assign(record, { syncedRev: 0, owedFrom: 1 });
  memory.journal.saveConversation(record);
  return { ok: true, value: record };
}

/** An answer is paid for once, where it was given. */
function withoutBill(message: OwedMessage): OwedMessage {
  const earlier = message.earlier?.map((record) => ({
    ...record,
    generation: { ...record.generation, usage: null },
    costUsd: null,
  }));
  return { ...message, earlier: earlier ?? null, usages: [] };
}

// A fork: a new conversation that begins with a copy of another's branch. The source is only read; ids of messages are
// kept, since in Postgres, too, a message's key is its conversation and its id.

import { toOwed, toOwedConversation } from "./owing.ts";
import { type OwedMessage, type StoredConversation, weightOf } from "../core/owed.ts";
import { isLive } from "../core/generation.ts";
import type { Answer, Owner } from "./calls.ts";
import { leaseOf, type Memory } from "./memory.ts";
import { lookForLost, restore } from "./rebuilding.ts";
import type { ConversationRecord } from "./rows.ts";
import { refuse, takeBack } from "./starting.ts";

const MAX_LENGTH = 8_000_000; // UTF-16 units, as `weightOf` counts: far below what may cross in one call.

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

/**
 * Whether this conversation may begin as a fork that ends in a message: null, or what it is if it has begun as that.
 * Asked before the branch is read, which may be long. Counts as a message: a fork stores as much as many.
 */
export async function openFork(
  memory: Memory,
  id: string,
  owner: Owner,
  address: string,
  messageId: string,
): Promise<Answer<ConversationRecord | null>> {
  const known = takeBack(memory, owner.id, await lookForLost(memory, id, owner.id));
  if (known !== null && known !== "found") return known;
  if (memory.record !== null) return findFork(memory, owner, messageId);
  const { limiter } = memory.services;
  const subject = { user: `user:${owner.id}`, address, lease: leaseOf(id, "fork") };
  const verdict = await limiter.judge(subject);
  if (!verdict.allowed) return refuse(verdict);
  void limiter.release(subject); // Nothing is written for long.
  return { ok: true, value: null };
}

function findFork(memory: Memory, owner: Owner, messageId: string | undefined): Answer<ConversationRecord> {
  const present = memory.recordFor(owner.id);
  if (present === null) return refuse({ code: "not_found" });
  const isSame = messageId !== undefined && memory.journal.findMessage(messageId) !== null;
  return isSame ? { ok: true, value: present } : refuse({ code: "id_conflict" });
}

/** Begins this conversation with a branch of another's, once `openFork` has let it. Repeatable. */
export function beginFork(
  memory: Memory,
  id: string,
  owner: Owner,
  source: StoredConversation,
): Answer<ConversationRecord> {
  const leaf = source.messages.at(-1);
  if (memory.record !== null) return findFork(memory, owner, leaf?.id);
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

// The messages of a conversation as they are held here: pages joined, streams folded in, and the branch that is shown.

import type { Message, Snapshot } from "../../protocol/api.ts";
import { type EndFrame, type GenerationState, partsOf, type StartFrame, textOf } from "../../protocol/events.ts";
import type { Transcript } from "../../protocol/transcript.ts";

export type Thread = {
  /** Ascending by `seq`, all branches. */
  messages: readonly Message[];
  leafId: string | null;
  /** Pass as `before` for the page of older messages; null when the oldest are here. */
  nextBefore: number | null;
};

export const emptyThread: Thread = { messages: [], leafId: null, nextBefore: null };

export function isOver(state: GenerationState | undefined): boolean {
  return state !== "queued" && state !== "streaming";
}

/**
 * The newest page joined to what is held; what is held stays where the page does not reach. `asked` is what was held
 * when the page was asked for: what it has beyond the page's end is not there any more, as after a rebuild from an
 * older copy, while what has come since then is only unknown to the page.
 */
export function joinNewest(held: Thread, page: Snapshot, asked: Thread = held): Thread {
  const inPage = new Set(page.messages.map(({ id }) => id));
  const newest = page.messages.at(-1)?.seq ?? -Infinity;
  const isBeyond = ({ id, seq }: Message) => seq > newest && !inPage.has(id);
  const lost = new Set(asked.messages.filter(isBeyond).map(({ id }) => id));
  const kept = held.messages.filter(({ id }) => !lost.has(id));
  const oldest = page.messages[0]?.seq ?? Infinity;
  // More has come than one page holds: what lies between is not known, so the page stands alone.
  if (page.nextBefore !== null && oldest > (kept.at(-1)?.seq ?? -Infinity) + 1) return threadOf(page);
  return {
    messages: join(kept, page.messages),
    leafId: kept.some(isBeyond) ? held.leafId : page.activeLeafId,
    nextBefore: (kept[0]?.seq ?? Infinity) < oldest ? held.nextBefore : page.nextBefore,
  };
}

export function joinOlder(held: Thread, page: Snapshot): Thread {
  return { ...held, messages: join(held.messages, page.messages), nextBefore: page.nextBefore };
}

function threadOf({ messages, activeLeafId, nextBefore }: Snapshot): Thread {
  return { messages, leafId: activeLeafId, nextBefore };
}

function join(held: readonly Message[], page: readonly Message[]): Message[] {
  const byId = new Map(held.map((message) => [message.id, message]));
  for (const message of page) {
    const known = byId.get(message.id);
    // A page that was read before an answer's end may arrive after it; an end is never taken back.
    const isLate = known?.generationId === message.generationId && isOver(known?.state) && !isOver(message.state);
    if (known === undefined || !isLate) byId.set(message.id, message);
  }
  return [...byId.values()].toSorted((a, b) => a.seq - b.seq);
}

/** The user's message and the empty answer that a `start` announces; their `seq` is a guess until a page tells. */
export function withStart(held: Thread, start: StartFrame, text: string, createdAt: string): Thread {
  const { messageId, userMessageId, generationId, model, cached } = start;
  if (held.messages.some(({ id }) => id === messageId)) return { ...held, leafId: messageId };
  const seq = (held.messages.at(-1)?.seq ?? 0) + 1;
  const question: Message = { id: userMessageId, parentId: held.leafId, seq, role: "user", text, createdAt };
  const answer: Message = {
    id: messageId,
    parentId: userMessageId,
    seq: seq + 1,
    role: "assistant",
    text: "",
    state: "streaming",
    model,
    generationId,
    cached,
    createdAt,
  };
  return { ...held, messages: join(held.messages, [question, answer]), leafId: messageId };
}

/** The answer as the stream ended it. */
export function withEnd(held: Thread, messageId: string, transcript: Transcript, end: EndFrame): Thread {
  const { state, finishReason, usage, costUsd, error } = end;
  const parts = partsOf(transcript.log);
  const messages = held.messages.map((message): Message => {
    if (message.id !== messageId) return message;
    return {
      ...message,
      text: textOf(transcript.log),
      state,
      ...(parts !== undefined && { parts }),
      ...(finishReason !== undefined && { finishReason }),
      ...(usage !== undefined && { usage }),
      ...(costUsd !== undefined && { costUsd }),
      ...(error !== undefined && { error }),
    };
  });
  return { ...held, messages };
}

/** The branch that ends in the active leaf, from the oldest message held; without a known leaf, the newest branch. */
export function shownBranch({ messages, leafId }: Thread): Message[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const branch: Message[] = [];
  let message = (leafId === null ? undefined : byId.get(leafId)) ?? messages.at(-1);
  while (message !== undefined && branch.length < messages.length) {
    branch.push(message);
    message = message.parentId === null ? undefined : byId.get(message.parentId);
  }
  return branch.reverse();
}

/** The question that an answer answers. */
export function questionOf({ messages }: Thread, answer: Message): Message | undefined {
  return messages.find(({ id }) => id === answer.parentId);
}

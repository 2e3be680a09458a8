// The messages of a conversation as they are held here: pages joined, and streams folded in.

import type { Message, Snapshot } from "../../protocol/api.ts";
import { type EndFrame, type GenerationState, partsOf, type StartFrame, textOf } from "../../protocol/events.ts";
import type { Transcript } from "../../protocol/transcript.ts";

export type Thread = {
  /** Ascending by `seq`, all branches, without a gap from the oldest held to the newest. */
  messages: readonly Message[];
  leafId: string | null;
  /** Pass as `before` for the page of older messages; null when the oldest are here. */
  nextBefore: number | null;
};

/** A person's message that a start answers; null where the start is another answer, or more of one. */
export type Question = { text: string; parentId: string | null };

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
    // A branch that was chosen since, by a switch or by a message, is not undone.
    leafId: kept.some(isBeyond) || asked.leafId !== held.leafId ? held.leafId : page.activeLeafId,
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
    // The very object that is held stays, so that what has not changed is not drawn again.
    if (known === undefined || !(isLate || isSame(known, message))) byId.set(message.id, message);
  }
  return [...byId.values()].toSorted((a, b) => a.seq - b.seq);
}

function isSame(a: Message, b: Message): boolean {
  const fields = (message: Message) => JSON.stringify(Object.entries(message).toSorted(([x], [y]) => (x < y ? -1 : 1)));
  return a.seq === b.seq && a.text === b.text && a.state === b.state && fields(a) === fields(b);
}

/**
 * What a `start` announces: the question that was sent, if one was, and the answer, empty or, where it goes on, with
 * what it has said before. Their `seq` is a guess until a page tells.
 */
export function withStart(held: Thread, start: StartFrame, question: Question | null, createdAt: string): Thread {
  const { messageId, userMessageId, generationId, model, cached } = start;
  const known = held.messages.find(({ id }) => id === messageId);
  // Heard before, from a repeated request.
  if (known?.generationId === generationId) return { ...held, leafId: messageId };
  const seq = (held.messages.at(-1)?.seq ?? 0) + 1;
  const added: Message[] = [];
  if (question !== null) added.push({ ...question, id: userMessageId, seq, role: "user", createdAt });
  added.push({
    id: messageId,
    parentId: userMessageId,
    seq: known?.seq ?? seq + added.length,
    role: "assistant",
    text: known?.text ?? "",
    ...(known?.parts !== undefined && { parts: known.parts }),
    state: "streaming",
    model,
    generationId,
    cached,
    createdAt: known?.createdAt ?? createdAt,
  });
  const leafId = known === undefined ? messageId : held.leafId;
  return { ...held, messages: join(held.messages, added), leafId };
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

/** So much of an answer that is still being written: it stays on the page when its reader is let go of. */
export function withText(held: Thread, messageId: string, { log }: Transcript): Thread {
  const parts = partsOf(log);
  const messages = held.messages.map((message): Message => {
    if (message.id !== messageId || isOver(message.state)) return message;
    return { ...message, text: textOf(log), ...(parts !== undefined && { parts }) };
  });
  return { ...held, messages };
}

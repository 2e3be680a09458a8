// For tests: conversations in memory, generations whose answers are said word by word to whoever reads them, and a bell
// that rings for every change.

import type { Message } from "../../protocol/api.ts";
import { formatCursor, parseCursor } from "../../protocol/cursor.ts";
import type { EndFrame } from "../../protocol/events.ts";
import { formatFrame } from "../../protocol/sse.ts";
import type { SocketEvents } from "../state/ports.ts";

type Line = ReadableStreamDefaultController<Uint8Array>;
export type Stored = {
  rev: number;
  title: string;
  model: string;
  pinned: boolean;
  archived: boolean;
  messages: Message[];
  activeLeafId: string | null;
  bells: Set<SocketEvents>;
  deleted: boolean;
};
export type Generation = {
  id: string;
  conversationId: string;
  question: Message;
  answer: Message;
  end: EndFrame | null;
  lines: Set<Line>;
};

const encoder = new TextEncoder();

export function createFakeStore() {
  const conversations = new Map<string, Stored>();
  const generations = new Map<string, Generation>();
  let count = 0;
  const createId = () => `00000000-0000-7000-8000-${String((count += 1)).padStart(12, "0")}`;

  function create(title: string, model: string): Stored {
    const flags = { pinned: false, archived: false, deleted: false };
    return { rev: 0, title, model, messages: [], activeLeafId: null, bells: new Set(), ...flags };
  }

  /** Under the active leaf, where nothing else is said; an answer where that is a question. */
  function append(stored: Stored, text: string, parentId = stored.activeLeafId): Message {
    const parent = stored.messages.find(({ id }) => id === parentId);
    const isAnswer = parent?.role === "user";
    const message: Message = {
      id: createId(),
      parentId: parent?.id ?? null,
      seq: (stored.messages.at(-1)?.seq ?? 0) + 1,
      role: isAnswer ? "assistant" : "user",
      text,
      createdAt: new Date(0).toISOString(),
      ...(isAnswer && { state: "complete" as const, model: stored.model, generationId: createId() }),
    };
    stored.messages.push(message);
    stored.activeLeafId = message.id;
    return message;
  }

  /** Moves the revision and tells whoever waits. */
  function ring(conversationId: string): void {
    const stored = conversations.get(conversationId);
    if (stored === undefined) return;
    stored.rev += 1;
    const text = JSON.stringify({ rev: stored.rev, live: findLive(conversationId)?.id ?? null });
    for (const bell of stored.bells) queueMicrotask(() => bell.onText(text));
  }

  function start(conversationId: string, id: string, question: Message, answer: Message, model: string): Generation {
    Object.assign(answer, { state: "streaming", generationId: id, model });
    const begun: Generation = { id, conversationId, question, answer, end: null, lines: new Set() };
    generations.set(id, begun);
    ring(conversationId);
    return begun;
  }

  function findLive(conversationId: string): Generation | undefined {
    return [...generations.values()].find((held) => held.conversationId === conversationId && held.end === null);
  }

  function expectLive(conversationId: string): Generation {
    const live = findLive(conversationId);
    if (live === undefined) throw new Error("nothing is live");
    return live;
  }

  return {
    conversations,
    generations,
    live: findLive,
    readersOf: (conversationId: string) => findLive(conversationId)?.lines.size ?? 0,

    append,
    ring,

    /** Messages that were said before, question and answer in turn. */
    seed(id: string, texts: readonly string[], title = "Seeded"): Stored {
      const stored = create(title, "first");
      for (const text of texts) append(stored, text);
      conversations.set(id, stored);
      stored.rev = 1;
      return stored;
    },

    /** A message is sent, and its answer begins. */
    begin(conversationId: string, id: string, text: string, model = "first", parentId?: string | null): Generation {
      const stored = conversations.get(conversationId) ?? create(text, model);
      conversations.set(conversationId, stored);
      const question = append(stored, text, parentId === undefined ? stored.activeLeafId : parentId);
      return start(conversationId, id, question, append(stored, ""), model);
    },

    /** Another answer beside this one, or more after it. */
    generate(conversationId: string, id: string, kind: string, target: Message, model = "first"): Generation {
      const stored = conversations.get(conversationId);
      const question = stored?.messages.find((message) => message.id === target.parentId);
      if (stored === undefined || question === undefined) throw new Error("nothing to answer");
      if (kind === "continue") {
        delete target.error;
        return start(conversationId, id, question, target, model);
      }
      const sibling = append(stored, "", question.id);
      sibling.id = id;
      stored.activeLeafId = id;
      return start(conversationId, id, question, sibling, model);
    },

    /** A new conversation with the branch that ends with this message. */
    fork(source: Stored, id: string, leafId: string): Stored {
      const forked = create(source.title, source.model);
      for (let at: string | null | undefined = leafId; at != null;) {
        const message = source.messages.find((held) => held.id === at);
        if (message !== undefined) forked.messages.unshift({ ...message });
        at = message?.parentId;
      }
      conversations.set(id, { ...forked, rev: 1, activeLeafId: leafId });
      return forked;
    },

    remove(id: string): void {
      const stored = conversations.get(id);
      if (stored === undefined) return;
      stored.deleted = true;
      ring(id);
      for (const bell of stored.bells) queueMicrotask(() => bell.onClose(4404));
    },

    /** A bell is dialled; the line closes where there is none to be had. */
    connect(id: string, events: SocketEvents): { send(text: string): void; close(): void } {
      const stored = conversations.get(id);
      const isThere = stored !== undefined && !stored.deleted;
      if (isThere) stored.bells.add(events);
      const ring = JSON.stringify({ rev: stored?.rev, live: findLive(id)?.id ?? null });
      queueMicrotask(() => (isThere ? events.onText(ring) : events.onClose(1006)));
      return {
        send: () => queueMicrotask(() => isThere && stored.bells.has(events) && events.onText("pong")),
        close: () => void stored?.bells.delete(events),
      };
    },

    say(conversationId: string, text: string): void {
      const live = expectLive(conversationId);
      const offset = live.answer.text.length;
      live.answer.text += text;
      const id = formatCursor(live.id, 1, live.answer.text.length);
      tell(live, formatFrame({ event: "delta", data: { offset, part: 0, text } }, id));
    },

    end(conversationId: string, end: Partial<EndFrame> = {}): void {
      const live = expectLive(conversationId);
      live.end = { state: "complete", length: live.answer.text.length, finishReason: "stop", ...end };
      live.answer.state = live.end.state;
      if (live.end.error !== undefined) live.answer.error = live.end.error;
      ring(conversationId);
      tell(live, formatFrame({ event: "end", data: live.end }, formatCursor(live.id, 1, live.end.length)));
      for (const line of live.lines) line.close();
      live.lines.clear();
    },

    /** Breaks every line; what was said stays said. */
    cut(conversationId: string): void {
      const live = expectLive(conversationId);
      for (const line of live.lines) line.error(new TypeError("connection reset"));
      live.lines.clear();
    },

    read({ id, answer, question, end, lines }: Generation, cursor: string | null): Response {
      const from = cursor === null ? 0 : (parseCursor(cursor)?.offset ?? 0);
      const { length } = answer.text;
      const position = formatCursor(id, 1, length);
      const ids = { generationId: id, messageId: answer.id, userMessageId: question.id };
      let line: Line | null = null;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          line = controller;
          const write = (frame: string) => controller.enqueue(encoder.encode(frame));
          write(formatFrame({ event: "start", data: { ...ids, attempt: 1, model: "first", cached: false } }));
          const data = { offset: from, part: 0, text: answer.text.slice(from) };
          if (from < length) write(formatFrame({ event: "delta", data }, position));
          if (end === null) lines.add(controller);
          else {
            write(formatFrame({ event: "end", data: end }, position));
            controller.close();
          }
        },
        cancel() {
          if (line !== null) lines.delete(line);
        },
      });
      return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
    },
  };
}

function tell({ lines }: Generation, frame: string): void {
  for (const line of lines) line.enqueue(encoder.encode(frame));
}

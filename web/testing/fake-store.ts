// For tests: conversations in memory, and generations whose answers are said word by word to whoever reads them.

import type { Message } from "../../protocol/api.ts";
import { formatCursor, parseCursor } from "../../protocol/cursor.ts";
import type { EndFrame } from "../../protocol/events.ts";
import { formatFrame } from "../../protocol/sse.ts";

type Line = ReadableStreamDefaultController<Uint8Array>;
export type Stored = { rev: number; title: string; model: string; messages: Message[]; deleted: boolean };
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

  function append(stored: Stored, text: string): Message {
    const last = stored.messages.at(-1);
    const isAnswer = last?.role === "user";
    const message: Message = {
      id: createId(),
      parentId: last?.id ?? null,
      seq: (last?.seq ?? 0) + 1,
      role: isAnswer ? "assistant" : "user",
      text,
      createdAt: new Date(0).toISOString(),
      ...(isAnswer && { state: "complete" as const, model: stored.model, generationId: createId() }),
    };
    stored.messages.push(message);
    return message;
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

    /** Messages that were said before, question and answer in turn. */
    seed(id: string, texts: readonly string[], title = "Seeded"): void {
      const stored: Stored = { rev: 1, title, model: "first", messages: [], deleted: false };
      for (const text of texts) append(stored, text);
      conversations.set(id, stored);
    },

    begin(conversationId: string, id: string, text: string, model = "first"): Generation {
      const stored = conversations.get(conversationId) ?? { rev: 0, title: text, model, messages: [], deleted: false };
      conversations.set(conversationId, stored);
      const question = append(stored, text);
      const answer = append(stored, "");
      Object.assign(answer, { state: "streaming", generationId: id, model });
      stored.rev += 1;
      const begun: Generation = { id, conversationId, question, answer, end: null, lines: new Set() };
      generations.set(id, begun);
      return begun;
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
      const stored = conversations.get(conversationId);
      if (stored !== undefined) stored.rev += 1;
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

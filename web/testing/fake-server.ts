// For tests: the API in memory, as far as the web app needs it, spoken to through `fetch`. What a test wants to go
// wrong it sets: refusals, a dead network, lines that break.

import type { Message, Snapshot } from "../../protocol/api.ts";
import { formatCursor, parseCursor } from "../../protocol/cursor.ts";
import type { EndFrame } from "../../protocol/events.ts";
import { formatFrame } from "../../protocol/sse.ts";

type Line = ReadableStreamDefaultController<Uint8Array>;
type Stored = { rev: number; title: string; model: string; messages: Message[]; deleted: boolean };
type Generation = {
  conversationId: string;
  question: Message;
  answer: Message;
  end: EndFrame | null;
  lines: Set<Line>;
};
type Refusal = { status: number; code: string; detail?: string; retryAfterMs?: number; generationId?: string };
export type Request = { method: string; path: string; body: unknown; headers: Headers };

export type FakeServer = ReturnType<typeof createFakeServer>;

const encoder = new TextEncoder();
const PAGE = 50;

export function createFakeServer() {
  const conversations = new Map<string, Stored>();
  const generations = new Map<string, Generation>();
  const requests: Request[] = [];
  const held: { matching: RegExp; promise: Promise<void> }[] = [];
  let count = 0;
  const createId = () => `00000000-0000-7000-8000-${String((count += 1)).padStart(12, "0")}`;

  const server = {
    conversations,
    requests,
    hasSession: true,
    isDown: false,
    /** Answers to the next requests whose method and path match, first in first out. */
    refusals: [] as { matching: RegExp; refusal: Refusal | "network" }[],

    refuse(matching: RegExp, refusal: Refusal | "network"): void {
      server.refusals.push({ matching, refusal });
    },

    /** Holds back the answer to the next request that matches, as it is now, until the returned function is called. */
    hold(matching: RegExp): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      held.push({ matching, promise });
      return resolve;
    },

    /** Messages that were said before, question and answer in turn. */
    seed(id: string, texts: readonly string[], title = "Seeded"): void {
      const stored: Stored = { rev: 1, title, model: "first", messages: [], deleted: false };
      for (const text of texts) append(stored, text);
      conversations.set(id, stored);
    },

    live(conversationId: string): Generation | undefined {
      return [...generations.values()].find((held) => held.conversationId === conversationId && held.end === null);
    },

    say(conversationId: string, text: string): void {
      const held = server.live(conversationId);
      if (held === undefined) throw new Error("nothing is live");
      const offset = held.answer.text.length;
      held.answer.text += text;
      const id = formatCursor(generationIdOf(held), 1, held.answer.text.length);
      tell(held, formatFrame({ event: "delta", data: { offset, part: 0, text } }, id));
    },

    end(conversationId: string, end: Partial<EndFrame> = {}): void {
      const held = server.live(conversationId);
      if (held === undefined) throw new Error("nothing is live");
      held.end = { state: "complete", length: held.answer.text.length, finishReason: "stop", ...end };
      held.answer.state = held.end.state;
      if (held.end.error !== undefined) held.answer.error = held.end.error;
      touch(conversationId);
      tell(held, formatFrame({ event: "end", data: held.end }, formatCursor(generationIdOf(held), 1, held.end.length)));
      for (const line of held.lines) line.close();
      held.lines.clear();
    },

    /** Breaks every line; what was said stays said. */
    cut(conversationId: string): void {
      const held = server.live(conversationId);
      for (const line of held?.lines ?? []) line.error(new TypeError("connection reset"));
      held?.lines.clear();
    },

    /** A message sent by somebody else: another tab, another device. */
    sendElsewhere(conversationId: string, id: string, text: string): void {
      begin(conversationId, id, text);
    },

    readersOf: (conversationId: string) => server.live(conversationId)?.lines.size ?? 0,

    async fetch(path: string, init: RequestInit = {}): Promise<Response> {
      await Promise.resolve();
      init.signal?.throwIfAborted();
      const method = init.method ?? "GET";
      const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
      requests.push({ method, path, body, headers: new Headers(init.headers) });
      if (server.isDown) throw new TypeError("fetch failed");
      const at = server.refusals.findIndex(({ matching }) => matching.test(`${method} ${path}`));
      if (at !== -1) {
        const [taken] = server.refusals.splice(at, 1);
        if (taken === undefined || taken.refusal === "network") throw new TypeError("fetch failed");
        return problem(taken.refusal);
      }
      const response = answer(method, new URL(path, "http://test"), body, new Headers(init.headers));
      const holding = held.findIndex(({ matching }) => matching.test(`${method} ${path}`));
      if (holding !== -1) await held.splice(holding, 1)[0]?.promise;
      return response;
    },
  };

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

  function begin(conversationId: string, id: string, text: string, model = "first"): Generation {
    const stored = conversations.get(conversationId) ?? { rev: 0, title: text, model, messages: [], deleted: false };
    conversations.set(conversationId, stored);
    const question = append(stored, text);
    const written = append(stored, "");
    Object.assign(written, { state: "streaming", generationId: id, model });
    stored.rev += 1;
    const held: Generation = { conversationId, question, answer: written, end: null, lines: new Set() };
    generations.set(id, held);
    return held;
  }

  function touch(conversationId: string): void {
    const stored = conversations.get(conversationId);
    if (stored !== undefined) stored.rev += 1;
  }

  function stream(held: Generation, cursor: string | null): Response {
    const { answer: written, question, end } = held;
    const generationId = generationIdOf(held);
    const from = cursor === null ? 0 : (parseCursor(cursor)?.offset ?? 0);
    const start = {
      generationId,
      messageId: written.id,
      userMessageId: question.id,
      attempt: 1,
      model: "first",
      cached: false,
    };
    const body = new ReadableStream<Uint8Array>({
      start(line) {
        const write = (frame: string) => line.enqueue(encoder.encode(frame));
        write(formatFrame({ event: "start", data: start }));
        const text = written.text.slice(from);
        const { length } = written.text;
        if (text !== "")
          write(
            formatFrame(
              { event: "delta", data: { offset: from, part: 0, text } },
              formatCursor(generationId, 1, length),
            ),
          );
        if (end === null) held.lines.add(line);
        else {
          write(formatFrame({ event: "end", data: end }, formatCursor(generationId, 1, length)));
          line.close();
        }
      },
      cancel() {
        // A reader that leaves ends nothing; its line is found closed at the next word.
        held.lines.clear();
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }

  function answer(method: string, url: URL, body: unknown, headers: Headers): Response {
    const { pathname, searchParams } = url;
    const limits = {
      messagesPerMinute: 9,
      messagesPerMinutePerAddress: 9,
      liveGenerations: 9,
      textLength: 1_000,
      readersPerConversation: 9,
    };
    if (pathname === "/api/config") {
      const models = [
        { id: "first", name: "First", contextTokens: 8_000 },
        { id: "second", name: "Second", contextTokens: 8_000 },
      ];
      return Response.json({ version: "test", models, limits, features: { guests: true, cache: true } });
    }
    if (pathname === "/api/session/guest") server.hasSession = true;
    if (pathname.startsWith("/api/session")) {
      const user = server.hasSession ? { id: "guest", kind: "guest" } : null;
      return Response.json({ user, limits });
    }
    if (!server.hasSession) return problem({ status: 401, code: "unauthenticated" });
    if (pathname === "/api/conversations") return list(searchParams.get("cursor"));
    const [, id = "", rest = ""] = /^\/api\/conversations\/([^/]+)\/?(.*)$/.exec(pathname) ?? [];
    const stored = conversations.get(id);
    if (stored?.deleted === true) return problem({ status: 404, code: "not_found" });
    if (rest === "messages") return take(id, body);
    if (stored === undefined) return problem({ status: 404, code: "not_found" });
    const [, generationId = "", call] = /^generations\/([^/]+)\/(stream|stop)$/.exec(rest) ?? [];
    const held = generations.get(generationId);
    if (call !== undefined && held === undefined) return problem({ status: 404, code: "not_found" });
    if (call === "stream" && held !== undefined) return stream(held, headers.get("Last-Event-ID"));
    if (call === "stop" && held !== undefined) {
      if (held.end === null) server.end(id, { state: "stopped" });
      return Response.json({ state: held.end?.state ?? "stopped", length: held.answer.text.length });
    }
    if (method === "DELETE") {
      stored.deleted = true;
      return new Response(null, { status: 204 });
    }
    if (method === "PATCH") {
      Object.assign(stored, body);
      stored.rev += 1;
      return Response.json(itemOf(id, stored));
    }
    return snapshot(id, stored, searchParams);
  }

  function take(conversationId: string, body: unknown): Response {
    const fields: Record<string, unknown> = typeof body === "object" && body !== null ? { ...body } : {};
    const id = String(fields["id"]);
    const text = String(fields["text"]);
    const known = generations.get(id);
    if (known !== undefined) {
      return known.question.text === text ? stream(known, null) : problem({ status: 409, code: "id_conflict" });
    }
    const live = server.live(conversationId);
    if (live !== undefined) return problem({ status: 409, code: "busy", generationId: generationIdOf(live) });
    return stream(begin(conversationId, id, text, fields["model"] === "second" ? "second" : "first"), null);
  }

  function snapshot(id: string, stored: Stored, search: URLSearchParams): Response {
    if (search.get("since") === String(stored.rev)) return new Response(null, { status: 304 });
    const before = Number(search.get("before") ?? Infinity);
    const reached = stored.messages.filter(({ seq }) => seq < before);
    const messages = reached.slice(-PAGE);
    const held = server.live(id);
    const first = messages[0];
    const { rev, title, model } = stored;
    const answered: Snapshot = {
      id,
      rev,
      title,
      model,
      system: null,
      activeLeafId: stored.messages.at(-1)?.id ?? null,
      messages: structuredClone(messages),
      live: held === undefined ? null : liveOf(held),
      nextBefore: reached.length > PAGE && first !== undefined ? first.seq : null,
    };
    return Response.json(answered);
  }

  function liveOf(held: Generation) {
    const { text, id: messageId } = held.answer;
    const generationId = generationIdOf(held);
    const cursor = formatCursor(generationId, 1, text.length);
    return { generationId, messageId, attempt: 1, state: "streaming" as const, cursor, text };
  }

  function list(cursor: string | null): Response {
    const all = [...conversations].filter(([, { deleted }]) => !deleted).reverse();
    const from = Number(cursor ?? 0);
    const items = all.slice(from, from + 30).map(([id, stored]) => itemOf(id, stored));
    return Response.json({ items, nextCursor: from + 30 < all.length ? String(from + 30) : null });
  }

  return server;
}

function itemOf(id: string, { title, model }: Stored) {
  const time = new Date(0).toISOString();
  return { id, title, model, createdAt: time, updatedAt: time, pinned: false, archived: false };
}

function generationIdOf({ answer }: Generation): string {
  return answer.generationId ?? "";
}

function tell(held: Generation, frame: string): void {
  for (const line of held.lines) line.enqueue(encoder.encode(frame));
}

function problem({ status, code, detail = `refused: ${code}`, ...rest }: Refusal): Response {
  const body = JSON.stringify({ type: "about:blank", title: code, status, detail, code, requestId: "test", ...rest });
  return new Response(body, { status, headers: { "Content-Type": "application/problem+json" } });
}

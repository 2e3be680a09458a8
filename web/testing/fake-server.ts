// For tests: the API in memory, as far as the web app needs it, spoken to through `fetch`. What a test wants to go
// wrong it says: refusals, a dead network, answers that take their time.

import type { Snapshot } from "../../protocol/api.ts";
import { formatCursor } from "../../protocol/cursor.ts";
import type { Socket, SocketEvents } from "../state/ports.ts";
import { createFakeStore, type Generation, type Stored } from "./fake-store.ts";

type Refusal = { status: number; code: string; detail?: string; retryAfterMs?: number; generationId?: string };
type Fields = Record<string, unknown>;
type Request = { method: string; path: string; body: unknown; headers: Headers };

export type FakeServer = ReturnType<typeof createFakeServer>;

const MESSAGES_PAGE = 50;
const LIST_PAGE = 30;
const MODELS = [
  { id: "first", name: "First", contextTokens: 8_000 },
  { id: "second", name: "Second", contextTokens: 8_000 },
];
const LIMITS = {
  messagesPerMinute: 9,
  messagesPerMinutePerAddress: 9,
  liveGenerations: 9,
  textLength: 1_000,
  readersPerConversation: 9,
};

export function createFakeServer() {
  const store = createFakeStore();
  const { conversations, generations } = store;
  const requests: Request[] = [];
  const refusals: { matching: RegExp; refusal: Refusal | "network" }[] = [];
  const holds: { matching: RegExp; promise: Promise<void> }[] = [];

  const server = {
    ...store,
    requests,
    hasSession: true,
    isDown: false,
    /** As behind a proxy that lets no WebSocket through. */
    hasBell: true,

    /** The next request that matches is answered like this; later ones wait for their own. */
    refuse(matching: RegExp, refusal: Refusal | "network"): void {
      refusals.push({ matching, refusal });
    },

    /** Holds back the answer to the next request that matches, as it is now, until the returned function is called. */
    hold(matching: RegExp): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      holds.push({ matching, promise });
      return resolve;
    },

    connect(path: string, events: SocketEvents): Socket {
      const [, id = ""] = /^\/api\/conversations\/([^/]+)\/bell$/.exec(path) ?? [];
      if (server.hasBell && !server.isDown && server.hasSession) return store.connect(id, events);
      queueMicrotask(() => events.onClose(1006));
      return { send: () => {}, close: () => {} };
    },

    async fetch(path: string, init: RequestInit = {}): Promise<Response> {
      await Promise.resolve();
      init.signal?.throwIfAborted();
      const method = init.method ?? "GET";
      const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
      const request = { method, path, body, headers: new Headers(init.headers) };
      requests.push(request);
      if (server.isDown) throw new TypeError("fetch failed");
      const refused = takeMatching(refusals, request);
      if (refused?.refusal === "network") throw new TypeError("fetch failed");
      if (refused !== undefined) return problem(refused.refusal);
      const response = answer(request);
      const held = takeMatching(holds, request)?.promise;
      if (held !== undefined) {
        // A server notices that nobody is on the line any more.
        const leave = (cause: unknown) => Promise.reject(cause).finally(() => response.body?.cancel());
        await Promise.race([held, aborted(init.signal).catch(leave)]);
      }
      return response;
    },
  };

  function answer({ method, path, body, headers }: Request): Response {
    const { pathname, searchParams } = new URL(path, "http://test");
    if (pathname === "/api/config") {
      const features = { guests: true, cache: true };
      return Response.json({ version: "test", models: MODELS, limits: LIMITS, features });
    }
    if (pathname === "/api/session/guest") server.hasSession = true;
    if (pathname.startsWith("/api/session")) {
      return Response.json({ user: server.hasSession ? { id: "guest", kind: "guest" } : null, limits: LIMITS });
    }
    if (!server.hasSession) return problem({ status: 401, code: "unauthenticated" });
    if (pathname === "/api/conversations")
      return list(Number(searchParams.get("cursor") ?? 0), Number(searchParams.get("limit") ?? LIST_PAGE));
    const [, id = "", rest = ""] = /^\/api\/conversations\/([^/]+)\/?(.*)$/.exec(pathname) ?? [];
    const stored = conversations.get(id);
    if (rest === "messages" && stored?.deleted !== true) return take(id, fieldsOf(body));
    if (stored === undefined || stored.deleted) return problem({ status: 404, code: "not_found" });
    if (rest === "forks") return fork(stored, fieldsOf(body));
    if (rest === "generations") return generate(id, stored, fieldsOf(body));
    if (rest !== "") return answerGeneration(id, rest, headers.get("Last-Event-ID"));
    if (method === "GET") return snapshot(id, stored, searchParams);
    if (method === "DELETE") store.remove(id);
    else Object.assign(stored, body);
    if (method === "PATCH") store.ring(id);
    return method === "DELETE" ? new Response(null, { status: 204 }) : Response.json(itemOf(id, stored));
  }

  function take(conversationId: string, fields: Fields): Response {
    const id = String(fields["id"]);
    const text = String(fields["text"]);
    const known = generations.get(id);
    if (known?.question.text === text) return store.read(known, null);
    if (known !== undefined) return problem({ status: 409, code: "id_conflict" });
    const live = store.live(conversationId);
    if (live !== undefined) return problem({ status: 409, code: "busy", generationId: live.id, retryAfterMs: 1_000 });
    const parentId = fields["parentId"] as string | null | undefined;
    const held = conversations.get(conversationId)?.messages ?? [];
    const isKnown = typeof parentId !== "string" || held.some((message) => message.id === parentId);
    if (!isKnown) return problem({ status: 400, code: "unknown_parent" });
    return store.read(store.begin(conversationId, id, text, String(fields["model"] ?? "first"), parentId), null);
  }

  function generate(conversationId: string, { messages }: Stored, fields: Fields): Response {
    const id = String(fields["id"]);
    const known = generations.get(id);
    if (known !== undefined) return store.read(known, null);
    const live = store.live(conversationId);
    if (live !== undefined) return problem({ status: 409, code: "busy", generationId: live.id, retryAfterMs: 1_000 });
    const target = messages.find((message) => message.id === fields["messageId"]);
    if (target?.role !== "assistant") return problem({ status: 400, code: "unknown_message" });
    const model = String(fields["model"] ?? target.model);
    return store.read(store.generate(conversationId, id, String(fields["kind"]), target, model), null);
  }

  function fork(source: Stored, fields: Fields): Response {
    const id = String(fields["id"]);
    const messageId = String(fields["messageId"]);
    const target = source.messages.find((message) => message.id === messageId);
    if (target === undefined) return problem({ status: 400, code: "unknown_message" });
    if (target.state === "streaming") return problem({ status: 409, code: "busy" });
    return Response.json(itemOf(id, conversations.get(id) ?? store.fork(source, id, messageId)), { status: 201 });
  }

  function answerGeneration(conversationId: string, rest: string, cursor: string | null): Response {
    const [, id = "", call] = /^generations\/([^/]+)\/(stream|stop)$/.exec(rest) ?? [];
    const generation = generations.get(id);
    if (generation === undefined) return problem({ status: 404, code: "not_found" });
    if (call === "stream") return store.read(generation, cursor);
    if (generation.end === null) store.end(conversationId, { state: "stopped" });
    return Response.json({ state: generation.end?.state ?? "stopped", length: generation.answer.text.length });
  }

  function snapshot(id: string, stored: Stored, search: URLSearchParams): Response {
    const { rev, title, model, activeLeafId, messages: all } = stored;
    const limit = Number(search.get("limit") ?? MESSAGES_PAGE);
    if (search.get("since") === String(rev)) return new Response(null, { status: 304 });
    const before = Number(search.get("before") ?? Infinity);
    const reached = all.filter(({ seq }) => seq < before);
    const messages = reached.slice(-limit);
    const live = store.live(id);
    const answered: Snapshot = {
      id,
      rev,
      title,
      model,
      system: null,
      activeLeafId,
      messages,
      live: live === undefined ? null : liveOf(live),
      nextBefore: reached.length > limit ? (messages[0]?.seq ?? null) : null,
    };
    return Response.json(answered);
  }

  function list(from: number, limit: number): Response {
    const all = [...conversations].filter(([, { deleted }]) => !deleted).toReversed();
    const items = all.slice(from, from + limit).map(([id, stored]) => itemOf(id, stored));
    return Response.json({ items, nextCursor: from + limit < all.length ? String(from + limit) : null });
  }

  return server;
}

function takeMatching<T extends { matching: RegExp }>(waiting: T[], { method, path }: Request): T | undefined {
  const at = waiting.findIndex(({ matching }) => matching.test(`${method} ${path}`));
  return at === -1 ? undefined : waiting.splice(at, 1)[0];
}

function aborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

function itemOf(id: string, { title, model, pinned, archived }: Stored) {
  const time = new Date(0).toISOString();
  return { id, title, model, createdAt: time, updatedAt: time, pinned, archived };
}

function fieldsOf(body: unknown): Fields {
  return typeof body === "object" && body !== null ? { ...body } : {};
}

function liveOf({ id: generationId, answer: { id: messageId, text } }: Generation) {
  const cursor = formatCursor(generationId, 1, text.length);
  return { generationId, messageId, attempt: 1, state: "streaming" as const, cursor, text };
}

function problem({ status, code, detail = `refused: ${code}`, ...rest }: Refusal): Response {
  const body = { type: "about:blank", title: code, status, detail, code, requestId: "test", ...rest };
  return Response.json(body, { status, headers: { "Content-Type": "application/problem+json" } });
}

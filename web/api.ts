// The server, one function per call. Every failure is an ApiError, except an abort, which stays the caller's own.

import type {
  ConfigAnswer,
  ConversationItem,
  GenerationRequest,
  ListAnswer,
  PatchRequest,
  SendRequest,
  SessionAnswer,
  Snapshot,
  StopAnswer,
} from "../protocol/api.ts";
import { badAnswer, networkError, readProblem } from "./api-error.ts";
import { readConfig, readItem, readList, readSession, readSnapshot, readStop, type Read } from "./wire.ts";

export type Fetch = (path: string, init?: RequestInit) => Promise<Response>;
export type Api = ReturnType<typeof createApi>;
export type Page = { before?: number; since?: number; limit?: number };

export function createApi(fetch: Fetch) {
  /** The response as it came, 304 included; refusals and silence are thrown. */
  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(path, init).catch((cause: unknown) => {
      throw init.signal?.aborted ? cause : networkError(cause);
    });
    if (response.ok || response.status === 304) return response;
    throw await readProblem(response);
  }

  async function read<T>(response: Response, reader: Read<T>): Promise<T> {
    const text = await response.text().catch((cause: unknown) => {
      throw networkError(cause);
    });
    try {
      const value: unknown = JSON.parse(text);
      return reader(value, "answer");
    } catch (cause) {
      throw badAnswer(response.status, cause);
    }
  }

  /** A stream of events; an answer of another kind (a captive portal's page) is no stream, whatever its status. */
  async function open(path: string, init: RequestInit): Promise<ReadableStream<Uint8Array>> {
    const response = await request(path, init);
    const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream") ?? false;
    if (isStream && response.body !== null) return response.body;
    await response.body?.cancel();
    throw networkError(badAnswer(response.status));
  }

  return {
    readConfig: async (): Promise<ConfigAnswer> => read(await request("/api/config"), readConfig),

    readSession: async (): Promise<SessionAnswer> => read(await request("/api/session"), readSession),

    startGuest: async (): Promise<SessionAnswer> =>
      read(await request("/api/session/guest", { method: "POST" }), readSession),

    listConversations: async (cursor: string | null, limit?: number): Promise<ListAnswer> =>
      read(await request(`/api/conversations${query({ cursor, limit })}`), readList),

    /** Null when nothing has moved since the revision `since`. */
    readConversation: async (id: string, page: Page = {}): Promise<Snapshot | null> => {
      const response = await request(`/api/conversations/${id}${query(page)}`);
      return response.status === 304 ? null : read(response, readSnapshot);
    },

    changeConversation: async (id: string, patch: PatchRequest): Promise<ConversationItem> =>
      read(await request(`/api/conversations/${id}`, json("PATCH", patch)), readItem),

    deleteConversation: async (id: string): Promise<void> => {
      await request(`/api/conversations/${id}`, { method: "DELETE" });
    },

    /** Sends a message; the answer is the stream. The same id again is the same message, however often. */
    send: (id: string, body: SendRequest, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
      const init = json("POST", body, { Accept: "text/event-stream" });
      return open(`/api/conversations/${id}/messages`, { ...init, signal });
    },

    /** Another answer beside a message, or more after it; the answer is the stream. Repeated like a send. */
    generate: (id: string, body: GenerationRequest, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
      const init = json("POST", body, { Accept: "text/event-stream" });
      return open(`/api/conversations/${id}/generations`, { ...init, signal });
    },

    /** Attaches to a generation, or resumes it behind `cursor`. */
    attach: (
      id: string,
      generationId: string,
      cursor: string | undefined,
      signal: AbortSignal,
    ): Promise<ReadableStream<Uint8Array>> =>
      open(`/api/conversations/${id}/generations/${generationId}/stream`, {
        signal,
        headers: { Accept: "text/event-stream", ...(cursor !== undefined && { "Last-Event-ID": cursor }) },
      }),

    stop: async (id: string, generationId: string): Promise<StopAnswer> =>
      read(await request(`/api/conversations/${id}/generations/${generationId}/stop`, { method: "POST" }), readStop),
  };
}

function json(method: string, body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { method, headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

function query(fields: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? "" : `?${search.toString()}`;
}

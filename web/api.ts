// The server, one function per call. Every failure is an ApiError, except an abort, which stays the caller's own. An
// answer that is read whole has to be here in time; a stream is watched by whoever reads it.

import type {
  ConfigAnswer,
  ConversationItem,
  ForkRequest,
  GenerationRequest,
  ListAnswer,
  PatchRequest,
  SendRequest,
  SessionAnswer,
  Snapshot,
  StopAnswer,
} from "../protocol/api.ts";
import { ApiError, badAnswer, networkError, readProblem } from "./api-error.ts";
import { readConfig, readItem, readList, readSession, readSnapshot, readStop, type Read } from "./wire.ts";

export type Fetch = (path: string, init?: RequestInit) => Promise<Response>;
export type Api = ReturnType<typeof createApi>;
export type Page = { before?: number; since?: number; limit?: number };

/** Other calls wait behind one that hangs: longer than any answer that is still coming, as a silent stream is given. */
const ANSWER_MS = 30_000;

/** `schedule` runs once, unless the function it returns is called before. */
export function createApi(fetch: Fetch, schedule: (run: () => void, ms: number) => () => void) {
  /** The response as it came, 304 included; refusals and silence are thrown. */
  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(path, init).catch((cause: unknown) => {
      throw init.signal?.aborted ? cause : networkError(cause);
    });
    if (response.ok || response.status === 304) return response;
    throw await readProblem(response);
  }

  /** A whole call, its body included; one that takes too long has failed like any that the network lost. */
  async function inTime<T>(path: string, init: RequestInit, take: (response: Response) => T | Promise<T>): Promise<T> {
    const controller = new AbortController();
    const cancel = schedule(() => controller.abort(), ANSWER_MS);
    try {
      return await take(await request(path, { ...init, signal: controller.signal }));
    } catch (error) {
      throw controller.signal.aborted && !(error instanceof ApiError) ? networkError(error) : error;
    } finally {
      cancel();
    }
  }

  const call = <T>(reader: Read<T>, path: string, init: RequestInit = {}): Promise<T> =>
    inTime(path, init, (response) => read(response, reader));

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
    readConfig: (): Promise<ConfigAnswer> => call(readConfig, "/api/config"),

    readSession: (): Promise<SessionAnswer> => call(readSession, "/api/session"),

    startGuest: (): Promise<SessionAnswer> => call(readSession, "/api/session/guest", { method: "POST" }),

    listConversations: (cursor: string | null, limit?: number): Promise<ListAnswer> =>
      call(readList, `/api/conversations${query({ cursor, limit })}`),

    /** Null when nothing has moved since the revision `since`. */
    readConversation: (id: string, page: Page = {}): Promise<Snapshot | null> =>
      inTime(`/api/conversations/${id}${query(page)}`, {}, (response) =>
        response.status === 304 ? null : read(response, readSnapshot),
      ),

    changeConversation: (id: string, patch: PatchRequest): Promise<ConversationItem> =>
      call(readItem, `/api/conversations/${id}`, json("PATCH", patch)),

    deleteConversation: (id: string): Promise<void> =>
      inTime(`/api/conversations/${id}`, { method: "DELETE" }, () => {}),

    /** A new conversation with this one's branch up to a message. Repeated like a send. */
    forkConversation: (id: string, body: ForkRequest): Promise<ConversationItem> =>
      call(readItem, `/api/conversations/${id}/forks`, json("POST", body)),

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

    stop: (id: string, generationId: string): Promise<StopAnswer> =>
      call(readStop, `/api/conversations/${id}/generations/${generationId}/stop`, { method: "POST" }),
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

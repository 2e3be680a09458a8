// A script's client of the public API, for tests and benches: a guest with a cookie, who sends, follows, cuts and
// resumes. It needs nothing but a `fetch`, so it runs in Node and in workerd alike.

import { createParser } from "eventsource-parser";
import type { SendAnswer, Snapshot, StopAnswer } from "../protocol/api.ts";
import type { Problem } from "../protocol/errors.ts";
import { type EndFrame, type StreamEvent, textOf } from "../protocol/events.ts";
import { createId } from "../protocol/id.ts";
import { parseEvent } from "../protocol/sse.ts";
import { apply, createTranscript, cursorOf, type Transcript } from "../protocol/transcript.ts";

type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

export type ApiClient = Awaited<ReturnType<typeof createGuest>>;

export function newId(): string {
  return createId(Date.now(), crypto.getRandomValues(new Uint8Array(16)));
}

/** Starts a guest session at `origin`. */
export async function createGuest(origin: string, fetcher: Fetch = fetch) {
  const begun = await fetcher(`${origin}/api/session/guest`, { method: "POST" });
  const cookie = begun.headers.getSetCookie()[0]?.split(";", 1)[0] ?? "";
  await begun.body?.cancel();

  const call = (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set("Cookie", cookie);
    return fetcher(`${origin}${path}`, { ...init, headers });
  };
  const callJson = (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    call(path, {
      method,
      headers: {
        ...headers,
        ...(body !== undefined && { "Content-Type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const messagesOf = (conversationId: string) => `/api/conversations/${conversationId}/messages`;
  const streamOf = (conversationId: string, generationId: string) =>
    `/api/conversations/${conversationId}/generations/${generationId}/stream`;

  return {
    cookie,
    call,
    callJson,
    /** Sends and gets the stream's response. */
    send: (conversationId: string, body: Record<string, unknown>, signal?: AbortSignal) =>
      call(messagesOf(conversationId), {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
        body: JSON.stringify(body),
        ...(signal !== undefined && { signal }),
      }),
    /** Sends and gets the receipt. */
    post: async (conversationId: string, body: Record<string, unknown>): Promise<SendAnswer> => {
      const response = await callJson("POST", messagesOf(conversationId), body, { Accept: "application/json" });
      if (response.status !== 202) throw new Error(`POST answered ${response.status}: ${await response.text()}`);
      return response.json() as Promise<SendAnswer>;
    },
    attach: (conversationId: string, generationId: string, cursor?: string, signal?: AbortSignal) =>
      call(streamOf(conversationId, generationId), {
        headers: cursor === undefined ? {} : { "Last-Event-ID": cursor },
        ...(signal !== undefined && { signal }),
      }),
    stop: async (conversationId: string, generationId: string): Promise<StopAnswer> => {
      const response = await call(`/api/conversations/${conversationId}/generations/${generationId}/stop`, {
        method: "POST",
      });
      return response.json() as Promise<StopAnswer>;
    },
    snapshot: async (conversationId: string, query = ""): Promise<Snapshot> => {
      const response = await call(`/api/conversations/${conversationId}${query}`);
      if (!response.ok) throw new Error(`GET answered ${response.status}: ${await response.text()}`);
      return response.json() as Promise<Snapshot>;
    },
  };
}

/** What one connection brought. */
export type Reading = { events: StreamEvent[]; transcript: Transcript; text: string; end: EndFrame | null };

/** Reads one connection into `transcript`, until it ends, until `until` says so, or until it breaks. */
export async function readStream(
  response: Response,
  transcript: Transcript = createTranscript(),
  until: (transcript: Transcript) => boolean = () => false,
): Promise<Reading> {
  const events: StreamEvent[] = [];
  const parser = createParser({
    onEvent: ({ event: name, data }) => {
      const event = parseEvent(name, data);
      if (event === null) return;
      events.push(event);
      apply(transcript, event);
    },
  });
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) break;
    parser.feed(decoder.decode(value, { stream: true }));
    if (transcript.end !== null || until(transcript)) break;
  }
  await reader?.cancel().catch(() => undefined);
  return { events, transcript, text: textOf(transcript.log), end: transcript.end };
}

/** Follows a generation to its end over as many connections as it takes. */
export async function follow(
  client: Pick<ApiClient, "attach">,
  conversationId: string,
  generationId: string,
  transcript: Transcript = createTranscript(),
): Promise<Reading> {
  for (let tries = 0; ; tries++) {
    const response = await client.attach(conversationId, generationId, cursorOf(transcript, generationId));
    if (!response.ok) throw new Error(`the stream answered ${response.status}: ${await response.text()}`);
    const reading = await readStream(response, transcript);
    if (reading.end !== null || tries > 100) return reading;
  }
}

/** The problem that a refused call answered with. */
export async function problemOf(response: Response): Promise<Problem> {
  if (response.headers.get("Content-Type") !== "application/problem+json") {
    throw new Error(`no problem, but ${response.status}: ${await response.text()}`);
  }
  return response.json() as Promise<Problem>;
}

// A reader that follows one generation to its end over any number of cuts, its own and the server's, and keeps account
// of what it saw and when.

import { createParser } from "eventsource-parser";
import type { ApiClient } from "../../dev/api-client.ts";
import { type EndFrame, textOf } from "../../protocol/events.ts";
import { parseEvent } from "../../protocol/sse.ts";
import { cursorOf, type Transcript } from "../../protocol/transcript.ts";
import { createStrictFold } from "./strict-fold.ts";

export type Reader = {
  readonly transcript: Transcript;
  readonly text: string;
  /** Connections that were answered with a stream. */
  readonly connections: number;
  readonly faults: readonly string[];
  readonly attempts: readonly number[];
  /** How much was held at which moment, by `performance.now()`. */
  readonly growth: readonly { at: number; length: number }[];
  /** Its last frame; rejects when it does not come. */
  readonly end: Promise<EndFrame>;
  /** Settles once so much is held, or the end is there. */
  reaches(length: number): Promise<void>;
  /** Cuts the line; the reader comes back by itself. */
  cut(): void;
  leave(): void;
};

export type ReaderOptions = {
  client: Pick<ApiClient, "attach">;
  conversationId: string;
  generationId: string;
  /** The answer to the send itself, read first. Absent: it attaches. */
  first?: Promise<Response>;
  /** What it holds already. */
  transcript?: Transcript;
  /** Bytes until it cuts its own line, asked anew for each. Absent: never. */
  nextCut?: () => number;
  /** How long it stays away after a connection that brought it further, asked anew for each. Absent: not at all. */
  nextAbsenceMs?: () => number;
  /** Without anything new for so long it gives up. */
  patienceMs?: number;
};

const RETRY_MS = 100; // Far more often than a person's browser: what is measured is the server's return.
const PATIENCE_MS = 30_000;

/** The server says that coming back is no use. */
class Refused extends Error {}

export function startReader({ client, conversationId, generationId, ...options }: ReaderOptions): Reader {
  const { nextCut = () => Number.POSITIVE_INFINITY, nextAbsenceMs = () => 0, patienceMs = PATIENCE_MS } = options;
  const fold = createStrictFold(generationId, options.transcript);
  const { transcript } = fold;
  const growth: { at: number; length: number }[] = [];
  const waiting = new Set<() => void>();
  const gone = new AbortController();
  const faults: string[] = [];
  let line = new AbortController();
  let connections = 0;
  let lastFailure = "";

  async function read(response: Response): Promise<void> {
    const parser = createParser({
      onEvent: ({ event: name, data, id }) => {
        const event = parseEvent(name, data);
        if (event === null) faults.push(`no event of ours: ${name} ${data.slice(0, 100)}`);
        else fold.take(event, id);
      },
    });
    const body = response.body?.getReader();
    line.signal.addEventListener("abort", () => void body?.cancel().catch(() => undefined));
    const decoder = new TextDecoder();
    for (let left = nextCut(); left > 0 && transcript.end === null;) {
      const { done, value } = (await body?.read()) ?? { done: true };
      if (done) return;
      // To the byte: a frame, or a character, that the cut halves was never there.
      parser.feed(decoder.decode(value.subarray(0, left), { stream: true }));
      growth.push({ at: performance.now(), length: transcript.length });
      waiting.forEach((check) => check());
      left -= value.byteLength;
    }
    line.abort();
  }

  async function connect(first: Promise<Response> | undefined): Promise<void> {
    line = new AbortController();
    const signal = AbortSignal.any([line.signal, gone.signal]);
    const attach = () => client.attach(conversationId, generationId, cursorOf(transcript, generationId), signal);
    const response = await (first ?? attach());
    if (response.ok) {
      connections++;
      fold.connected();
      return read(response);
    }
    lastFailure = `${response.status}: ${await response.text()}`;
    if (response.status < 429) throw new Refused(lastFailure);
  }

  async function follow(): Promise<EndFrame> {
    let deadline = performance.now() + patienceMs;
    for (let { first } = options; ; first = undefined) {
      const { length } = transcript;
      try {
        await connect(first);
      } catch (error) {
        if (error instanceof Refused || gone.signal.aborted) throw error;
        lastFailure = String(error); // A line that broke, by us or by them.
      }
      if (transcript.end !== null) return transcript.end;
      const isFurther = transcript.length > length;
      const waitMs = isFurther ? nextAbsenceMs() : RETRY_MS;
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (isFurther) deadline = performance.now() + patienceMs;
      if (performance.now() > deadline) throw new Error(`nothing new for ${patienceMs} ms; at last: ${lastFailure}`);
    }
  }

  const end = follow().finally(() => waiting.forEach((check) => check()));
  end.catch(() => undefined); // Told to whoever awaits it.
  return {
    transcript,
    growth,
    end,
    attempts: fold.attempts,
    get faults() {
      return [...fold.faults, ...faults];
    },
    get connections() {
      return connections;
    },
    get text() {
      return textOf(transcript.log);
    },
    async reaches(length) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const check = () => (transcript.length >= length || transcript.end !== null ? resolve() : undefined);
      waiting.add(check);
      check();
      await Promise.race([promise, end]);
      waiting.delete(check);
    },
    cut: () => line.abort(),
    leave: () => gone.abort(),
  };
}

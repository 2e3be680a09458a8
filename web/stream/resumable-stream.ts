// Follows one generation to its end, over any number of cuts: does what connection.ts says, folds what arrives into a
// transcript and remembers where it stands. Fetch, timers and chance are passed in.

import { createParser } from "eventsource-parser";
import { parseEvent } from "../../protocol/sse.ts";
import { apply, cursorOf, type Transcript } from "../../protocol/transcript.ts";
import { ApiError, networkError } from "../api-error.ts";
import { connect, type Connection, type Effect, type Ending, type Input, step } from "./connection.ts";

/** The server is heard at least every 15 s; twice that without a byte is a broken line that nobody reported. */
const SILENCE_MS = 30_000;
/** A line is closed by the server right behind the end; one that is not is closed here after this long. */
const DRAIN_MS = 5_000;
/** A frame is at most one whole answer; six times its length where every unit of it is escaped. */
const LONGEST_FRAME = 8 * 1_048_576;

export type StreamPorts = {
  /** Opens the stream behind `cursor`, or from the start (a send, for one). Refusals are ApiErrors with a status. */
  open(cursor: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  /** Runs once, `ms` from now, unless the function it returns is called before. */
  schedule(run: () => void, ms: number): () => void;
  random(): number;
};

export type Followed = { ending: Ending; refusal: ApiError | null };

export type Follower = {
  readonly connection: Connection;
  /** Resolves once, never rejects. */
  readonly done: Promise<Followed>;
  /** The network is back, or somebody looks: no need to wait out the rest of a wait. */
  nudge(): void;
  leave(): void;
};

/** `onChange` hears of every change of the transcript, which is changed in place, and of the connection. */
export function followGeneration(
  generationId: string,
  transcript: Transcript,
  isSend: boolean,
  ports: StreamPorts,
  onChange: () => void,
): Follower {
  const { promise: done, resolve } = Promise.withResolvers<Followed>();
  let connection: Connection;
  let refusal: ApiError | null = null;
  let current = new AbortController();
  let cancelWait = () => {};
  let cancelSilence = () => {};

  function dispatch(input: Input): void {
    const next = step(connection, input, ports.random());
    if (next.state === connection) return;
    connection = next.state;
    next.effects.forEach(run);
    onChange();
    if (connection.phase === "ended") resolve({ ending: connection.ending, refusal });
  }

  function run(effect: Effect): void {
    cancelWait();
    switch (effect.type) {
      case "connect":
        current = new AbortController();
        void read(current);
        return;
      case "disconnect":
        cancelSilence();
        current.abort();
        return;
      case "drain": {
        const drained = current;
        cancelSilence();
        cancelSilence = ports.schedule(() => drained.abort(), DRAIN_MS);
        return;
      }
      case "wait":
        cancelWait = ports.schedule(() => dispatch({ type: "waited" }), effect.ms);
    }
  }

  function listen(): void {
    cancelSilence();
    cancelSilence = ports.schedule(() => dispatch({ type: "cut" }), SILENCE_MS);
  }

  /** One connection. Whatever comes of it after its controller was aborted is nobody's business any more. */
  async function read(controller: AbortController): Promise<void> {
    const { signal } = controller;
    listen();
    const body = await ports.open(cursorOf(transcript, generationId), signal).catch(asError);
    if (signal.aborted) return body instanceof ApiError ? undefined : drop(body);
    if (body instanceof ApiError) {
      refusal = body;
      const { status, retryAfterMs } = body;
      return dispatch(status === 0 ? { type: "cut" } : { type: "refused", status, retryAfterMs });
    }
    refusal = null;
    dispatch({ type: "opened" });
    const reader = body.getReader();
    signal.addEventListener("abort", () => void reader.cancel().catch(() => {}), { once: true });
    const decoder = new TextDecoder();
    const parser = createParser({
      maxBufferSize: LONGEST_FRAME,
      onEvent: ({ event, data }) => receive(event, data, signal),
      onError: (error) => {
        if (error.type === "max-buffer-size-exceeded") dispatch({ type: "cut" });
      },
    });
    while (!signal.aborted) {
      const chunk = await reader.read().catch(asError);
      if (signal.aborted) return;
      if (chunk instanceof ApiError || chunk.done) return close();
      if (connection.phase === "ended") continue;
      listen();
      parser.feed(decoder.decode(chunk.value, { stream: true }));
    }
  }

  /** The line is closed: long awaited after the end, a cut before it. */
  function close(): void {
    cancelSilence();
    dispatch({ type: "cut" });
  }

  function receive(name: string | undefined, data: string, signal: AbortSignal): void {
    // One chunk may hold frames behind the one that ended this connection; they are not ours to read.
    if (signal.aborted || connection.phase === "ended") return;
    const event = parseEvent(name, data);
    if (event === null) return;
    dispatch({ type: "frame" });
    const applied = apply(transcript, event);
    if (applied === "gap") return dispatch({ type: "cut" });
    if (applied === "applied") return onChange();
    dispatch({ type: "ended", isExact: applied === "ended" });
  }

  const first = connect(isSend);
  connection = first.state;
  first.effects.forEach(run);
  return {
    get connection() {
      return connection;
    },
    done,
    nudge: () => dispatch({ type: "nudged" }),
    leave: () => dispatch({ type: "left" }),
  };
}

function asError(error: unknown): ApiError {
  return error instanceof ApiError ? error : networkError(error);
}

function drop(body: ReadableStream<Uint8Array>): void {
  void body.cancel().catch(() => {});
}

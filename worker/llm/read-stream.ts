// From a provider's bytes to events, in one loop: no stream transform per token. Bounded in line and in all; safe
// against every cut of lines, events and multi-byte characters.

import { createParser } from "eventsource-parser";
import { firstPace, gatherMs, type Load, notePace, notePaceEnds } from "../core/wake.ts";
import type { LlmEvent } from "./provider.ts";
import { parseChunk } from "./parse-chunk.ts";

const MAX_EVENT_LENGTH = 1_048_576; // 1 MiB: a line without end would otherwise fill the isolate.
const MAX_BYTES = 64 * 1_048_576; // Far above any answer that is kept; below what would drown the object.

const heard: LlmEvent[] = [{ type: "heard" }];
const badResponse: LlmEvent = { type: "failed", code: "provider_bad_response", retryable: false };

const READ_BYTES = 16_384; // A read never spans the provider's own chunks, and few of those are larger.
const DRAIN_MS = 3; // What has come is read within this; a read that takes longer waits for the provider.

const MAX_LOOK_BYTES = 65_536; // A flood is handed on in pieces of this size.

type Read = ReadableStreamReadResult<Uint8Array>;

/** @param load how busy the isolate is, asked after each read */
export async function* readStream(
  body: ReadableStream<Uint8Array>,
  load: () => Load,
  now: () => number,
): AsyncGenerator<LlmEvent[]> {
  const reader = body.getReader({ mode: "byob" });
  const parser = createEventParser();
  let room: ArrayBufferLike = new ArrayBuffer(READ_BYTES);
  let pace = firstPace;
  let total = 0;
  const take = ({ done, value }: Read) => {
    if (done) return parser.end();
    room = value.buffer;
    total += value.byteLength;
    parser.feed(value);
    if (total > MAX_BYTES) parser.fail();
  };
  const hasRoom = (before: number) => total - before < MAX_LOOK_BYTES;
  /** The read that is on its way, begun by an earlier turn. */
  let pending: Promise<Read> | null = null;
  try {
    while (!parser.isOver) {
      const before = total;
      take(await (pending ?? reader.read(new Uint8Array(room))));
      pending = null;
      if (parser.isEnding) pace = notePaceEnds(pace);
      const restMs = gatherMs(pace, load());
      if (restMs !== null) {
        if (restMs > 0) await wait(restMs);
        const drained = wait(DRAIN_MS).then(() => null);
        while (!parser.isOver && hasRoom(before)) {
          pending = reader.read(new Uint8Array(room));
          const read = await Promise.race([pending, drained]);
          if (read === null) break;
          pending = null;
          take(read);
        }
      }
      pace = notePace(pace, total - before, now());
      const batch = parser.takeBatch();
      yield batch.length > 0 ? batch : heard;
    }
  } finally {
    // After [DONE] there is no waiting for the line to close; after an abort this is a no-op.
    pending?.catch(() => undefined);
    await reader.cancel().catch(() => undefined);
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Bytes to events, gathered in a batch until it is taken. */
function createEventParser() {
  const decoder = new TextDecoder();
  let batch: LlmEvent[] = [];
  let isOver = false;
  let isEnding = false;
  const give = (events: readonly LlmEvent[]) => {
    for (const event of events) {
      if (isOver) return; // What comes after the end is not part of the answer.
      const last = batch.at(-1);
      if (event.type === "text" && last?.type === "text" && last.kind === event.kind) {
        batch[batch.length - 1] = { ...last, text: last.text + event.text };
      } else batch.push(event);
      if (event.type === "finishReason") isEnding = true;
      if (event.type === "ended" || event.type === "failed") isOver = true;
    }
  };
  const parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent: ({ data }) => give(data === "[DONE]" ? [{ type: "ended" }] : (parseChunk(data) ?? [badResponse])),
    // Lines of no known field are ignored, as the specification has it; only what cannot be held is an error.
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") give([badResponse]);
    },
  });
  return {
    feed: (value: Uint8Array) => parser.feed(decoder.decode(value, { stream: true })),
    end: () => give([{ type: "ended" }]),
    fail: () => give([badResponse]),
    takeBatch: () => {
      const ready = batch;
      batch = [];
      return ready;
    },
    get isOver() {
      return isOver;
    },
    /** finish_reason was seen: the rest is on its way. */
    get isEnding() {
      return isEnding;
    },
  };
}

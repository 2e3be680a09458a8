// From a provider's bytes to events, in one loop: no stream transform per token. Bounded in line and in all; safe
// against every cut of lines, events and multi-byte characters.

import { createParser } from "eventsource-parser";
import { firstPace, lateMs, leastBytes, notePace, notePaceEnds } from "../core/wake.ts";
import type { Isolate, LlmEvent } from "./provider.ts";
import { parseChunk } from "./parse-chunk.ts";

const MAX_EVENT_LENGTH = 1_048_576; // 1 MiB: a line without end would otherwise fill the isolate.
const MAX_BYTES = 64 * 1_048_576; // Far above any answer that is kept; below what would drown the object.

const heard: LlmEvent[] = [{ type: "heard" }];
const badResponse: LlmEvent = { type: "failed", code: "provider_bad_response", retryable: false };

const READ_BYTES = 4_096; // A read spans the provider's chunks only while it waits for more; few of those are larger.

const CLOSING_MS = 200; // A line that stays open this long after [DONE] is closed from here.

type Read = ReadableStreamReadResult<Uint8Array>;

/** @param isolate how busy it is, asked before each read, and told how late each one came */
export async function* readStream(
  body: ReadableStream<Uint8Array>,
  { load, noteLag }: Isolate,
  now: () => number,
): AsyncGenerator<LlmEvent[]> {
  const reader = body.getReader({ mode: "byob" });
  const parser = createEventParser();
  let room: ArrayBufferLike = new ArrayBuffer(READ_BYTES);
  let pace = firstPace;
  let total = 0;
  try {
    while (!parser.isOver) {
      const least = leastBytes(pace, load());
      if (room.byteLength < 2 * least) room = new ArrayBuffer(2 * least);
      const { done, value }: Read = await reader.readAtLeast(least, new Uint8Array(room));
      if (value !== undefined && value.byteLength > 0) {
        room = value.buffer;
        total += value.byteLength;
        parser.feed(value);
      }
      if (total > MAX_BYTES) parser.fail();
      if (done) parser.end();
      const at = now();
      const late = lateMs(pace, least, at);
      if (late !== null) noteLag(late);
      pace = notePace(pace, least, value?.byteLength ?? 0, at, load());
      if (parser.isEnding) pace = notePaceEnds(pace);
      const batch = parser.takeBatch();
      yield batch.length > 0 ? batch : heard;
    }
  } finally {
    // The end was said and nobody waits for this. A line that is read out can carry the next call.
    if (parser.isDone) await readOut(reader);
    await reader.cancel().catch(() => undefined); // After an abort a no-op.
  }
}

/** Reads what is left after [DONE], which counts for nothing, until the line closes or for a moment. */
async function readOut(reader: ReadableStreamBYOBReader): Promise<void> {
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), CLOSING_MS);
  try {
    while (!(await reader.read(new Uint8Array(READ_BYTES))).done);
  } catch {
    // It broke: there is nothing left to read.
  } finally {
    clearTimeout(timer);
  }
}

/** Bytes to events, gathered in a batch until it is taken. */
function createEventParser() {
  const decoder = new TextDecoder();
  let batch: LlmEvent[] = [];
  let isOver = false;
  let isEnding = false;
  let isDone = false;
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
    onEvent: ({ data }) => {
      if (isOver) return;
      if (data !== "[DONE]") return give(parseChunk(data) ?? [badResponse]);
      isDone = true;
      give([{ type: "ended" }]);
    },
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
    /** [DONE] was seen, and the line may still be open. */
    get isDone() {
      return isDone;
    },
    /** finish_reason was seen: the rest is on its way. */
    get isEnding() {
      return isEnding;
    },
  };
}

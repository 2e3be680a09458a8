// From a provider's body to events, in one loop: no stream transform per token. Bounded in all.

import { firstPace, leastBytes, notePace, notePaceEnds } from "../core/wake.ts";
import { EventParser } from "./event-parser.ts";
import type { Isolate, LlmEvent } from "./provider.ts";

const MAX_BYTES = 64 * 1_048_576; // Far above any answer that is kept; below what would drown the object.

const heard: LlmEvent[] = [{ type: "heard" }];

const READ_BYTES = 4_096; // A read spans the provider's chunks only while it waits for more; few of those are larger.

const FLOOD_BYTES = 65_536; // What fills its room is given twice as much, up to this, for as long as it needs it.

const CLOSING_MS = 200; // A line that stays open this long after [DONE] is closed from here.

type Read = ReadableStreamReadResult<Uint8Array>;

/** @param isolate how busy it is, asked before each read, and told of it after */
export async function* readStream(
  body: ReadableStream<Uint8Array>,
  { load, noteRead }: Isolate,
  now: () => number,
): AsyncGenerator<LlmEvent[]> {
  const reader = body.getReader({ mode: "byob" });
  const parser = new EventParser();
  let room: ArrayBufferLike = new ArrayBuffer(READ_BYTES);
  let pace = firstPace;
  let isFull = false;
  let total = 0;
  try {
    while (!parser.isOver) {
      // A read that filled its room left something there: it is taken as it is, and not until more of it has come.
      const least: number = isFull ? 1 : leastBytes(pace, load());
      const wanted: number = isFull ? Math.min(2 * room.byteLength, FLOOD_BYTES) : 2 * least;
      const isTooLarge = wanted <= READ_BYTES && room.byteLength > READ_BYTES && pace.lastBytes < room.byteLength / 8;
      if (room.byteLength < wanted || isTooLarge) room = new ArrayBuffer(Math.max(READ_BYTES, wanted));
      const { done, value }: Read = await reader.readAtLeast(least, new Uint8Array(room));
      isFull = value?.byteLength === value?.buffer.byteLength;
      if (value !== undefined && value.byteLength > 0) {
        room = value.buffer;
        total += value.byteLength;
        parser.feed(value);
      }
      if (total > MAX_BYTES) parser.fail();
      if (done) parser.end();
      pace = notePace(pace, least, value?.byteLength ?? 0, now(), load());
      noteRead(pace);
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

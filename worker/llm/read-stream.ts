// From a provider's body to events: one read and one batch a wake. An iterator by hand: generators that delegate to each
// other keep what a wake brought until the next.

import { firstPace, leastBytes, notePace, notePaceEnds } from "../core/wake.ts";
import { EventParser } from "./event-parser.ts";
import type { Isolate, LlmEvent } from "./provider.ts";

const MAX_BYTES = 64 * 1_048_576; // Far above any answer that is kept; below what would drown the object.

const heard: LlmEvent[] = [{ type: "heard" }];

const READ_BYTES = 4_096; // A read spans the provider's chunks only while it waits for more; few of those are larger.

const FLOOD_BYTES = 65_536; // What fills its room is given twice as much, up to this, for as long as it needs it.

const CLOSING_MS = 200; // A line that stays open this long after [DONE] is closed from here.

type Read = ReadableStreamReadResult<Uint8Array>;

export type Batches = AsyncIterableIterator<LlmEvent[], undefined> & {
  return(): Promise<IteratorReturnResult<undefined>>;
};

/** @param isolate how busy it is, asked before each read, and told of it after. Throws what the body does. */
export function readStream(body: ReadableStream<Uint8Array>, isolate: Isolate, now: () => number): Batches {
  return new StreamReading(body.getReader({ mode: "byob" }), isolate, now);
}

class StreamReading implements Batches {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #isolate: Isolate;
  readonly #now: () => number;
  readonly #parser = new EventParser();
  #room: ArrayBufferLike = new ArrayBuffer(READ_BYTES);
  #pace = firstPace;
  #least = 1;
  #isFull = false;
  #total = 0;

  constructor(reader: ReadableStreamBYOBReader, isolate: Isolate, now: () => number) {
    this.#reader = reader;
    this.#isolate = isolate;
    this.#now = now;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<LlmEvent[]>> {
    if (this.#parser.isOver) return this.return();
    // A read that filled its room left something there: it is taken as it is, and not until more of it has come.
    this.#least = this.#isFull ? 1 : leastBytes(this.#pace, this.#isolate.load());
    this.#makeRoom();
    return this.#reader.readAtLeast(this.#least, new Uint8Array(this.#room)).then(this.#take);
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    // The end was said and nobody waits for this. A line that is read out can carry the next call.
    if (this.#parser.isDone) await readOut(this.#reader);
    await this.#reader.cancel().catch(() => undefined); // After an abort a no-op.
    return { done: true, value: undefined };
  }

  #makeRoom(): void {
    const { byteLength } = this.#room;
    const wanted = this.#isFull ? Math.min(2 * byteLength, FLOOD_BYTES) : 2 * this.#least;
    const isTooLarge = wanted <= READ_BYTES && byteLength > READ_BYTES && this.#pace.lastBytes < byteLength / 8;
    if (byteLength < wanted || isTooLarge) this.#room = new ArrayBuffer(Math.max(READ_BYTES, wanted));
  }

  readonly #take = ({ done, value }: Read): IteratorResult<LlmEvent[]> => {
    const parser = this.#parser;
    const bytes = value?.byteLength ?? 0;
    this.#isFull = value !== undefined && bytes === value.buffer.byteLength;
    if (value !== undefined && bytes > 0) {
      this.#room = value.buffer;
      this.#total += bytes;
      parser.feed(value);
    }
    if (this.#total > MAX_BYTES) parser.fail();
    if (done) parser.end();
    this.#pace = notePace(this.#pace, this.#least, bytes, this.#now(), this.#isolate.load());
    this.#isolate.noteRead(this.#pace);
    if (parser.isEnding) this.#pace = notePaceEnds(this.#pace);
    const batch = parser.takeBatch();
    return { done: false, value: batch.length > 0 ? batch : heard };
  };
}

/**
 * Reads what is left after [DONE], which counts for nothing, until the line closes or for a moment. Its timer is left to
 * come, and finds the line closed: workerd keeps one that is called off as long as the object is awake.
 */
async function readOut(reader: ReadableStreamBYOBReader): Promise<void> {
  setTimeout(() => void reader.cancel().catch(() => undefined), CLOSING_MS);
  try {
    while (!(await reader.read(new Uint8Array(READ_BYTES))).done);
  } catch {
    // It broke: there is nothing left to read.
  }
}

// Pull readers over a log: each stands at its own cursor and takes bytes only when its line has room, so that one which
// never reads costs its cursor and slows nobody.

import { formatFrame, HEARTBEAT_FRAME } from "../../protocol/sse.ts";
import { type AnswerLog, concat, type Position } from "./answer-log.ts";

export const MAX_READERS = 64;
const CHUNK_BYTES = 65_536; // What one pull hands over at most, plus one frame: bounds what a slow line holds.
const LAST_BYTES = 8_192; // What goes out together with the end: less than a line holds of itself.
const STALLED_MS = 60_000; // When room is needed, a reader that took nothing for this long gives up its place.

const encoder = new TextEncoder();
const heartbeat = encoder.encode(HEARTBEAT_FRAME);

type Reader = { pulledAt: number; isWaiting: boolean; drop(): void };

export class Readers {
  readonly #open = new Set<Reader>();
  readonly #now: () => number;
  readonly #onRead: () => void;

  /** `onRead`: called whenever a reader takes what there is. */
  constructor(now: () => number, onRead: () => void = () => undefined) {
    this.#now = now;
    this.#onRead = onRead;
  }

  /**
   * The stream from `from` on, its `start` first; null when there are too many readers. Whoever has just started this
   * answer is let in all the same: a refusal would leave rows behind.
   */
  open(log: AnswerLog, from: Position | null, isStarter = false): ReadableStream<Uint8Array> | null {
    if (this.#open.size >= MAX_READERS && !this.#dropStalled() && !isStarter) return null;
    // Let go at the end: what workerd keeps of a line that is over would otherwise keep the whole answer for as long.
    let source: AnswerLog | null = log;
    let position = from ?? { attempt: log.attempt, offset: 0 };
    let beats = log.beats;
    let opening: Uint8Array | null = encoder.encode(formatFrame({ event: "start", data: log.start }));
    let controllerOf: ReadableStreamDefaultController<Uint8Array> | null = null;
    const reader: Reader = {
      pulledAt: this.#now(),
      isWaiting: false,
      drop: () => {
        controllerOf?.error(new Error("This reader took nothing for too long"));
        leave();
      },
    };
    this.#open.add(reader);
    const leave = () => {
      this.#open.delete(reader);
      source = null;
      controllerOf = null;
    };

    const take = (): { bytes: Uint8Array | null; isLast: boolean } => {
      const pieces: Uint8Array[] = opening === null ? [] : [opening];
      let size = opening?.byteLength ?? 0;
      opening = null;
      for (;;) {
        const next = source?.read(position) ?? null;
        // After more than a little the end goes out alone: a reader keeps its place until that was taken off its hands.
        if (next === null || (next.isLast && size > LAST_BYTES)) return { bytes: join(pieces), isLast: false };
        pieces.push(next.bytes);
        position = next.position;
        size += next.bytes.byteLength;
        if (next.isLast || size >= CHUNK_BYTES) return { bytes: join(pieces), isLast: next.isLast };
      }
    };

    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          controllerOf = controller;
        },
        pull: async (controller) => {
          this.#onRead();
          reader.pulledAt = this.#now();
          reader.isWaiting = true;
          for (;;) {
            const { bytes, isLast } = take();
            if (bytes !== null) controller.enqueue(bytes);
            if (isLast) {
              leave();
              controller.close();
            }
            if (bytes !== null || source === null) break;
            // Nothing new since the line was last shown to be alive: say that it is.
            if (source.beats !== beats) {
              beats = source.beats;
              controller.enqueue(heartbeat);
              break;
            }
            await source.nextChange();
            if (!this.#open.has(reader)) return;
          }
          beats = source?.beats ?? beats;
          reader.isWaiting = false;
        },
        cancel: leave,
      },
      { highWaterMark: 0 },
    );
  }

  /** Clean-up never depends on `cancel` alone: a line that died without a word is let go when its place is needed. */
  #dropStalled(): boolean {
    const oldest = [...this.#open].filter((reader) => !reader.isWaiting).sort((a, b) => a.pulledAt - b.pulledAt)[0];
    if (oldest === undefined || this.#now() - oldest.pulledAt < STALLED_MS) return false;
    oldest.drop();
    return true;
  }
}

function join(pieces: Uint8Array[]): Uint8Array | null {
  const [first] = pieces;
  return first === undefined ? null : pieces.length === 1 ? first : concat(pieces);
}

// When the live log is written to storage. Each flush is one billed row; what is not flushed is what a crash may lose.

import type { LogEntry } from "../../protocol/events.ts";

// A crash may lose a second of what was shown (promise 8): a little less, because timers and commits are late.
export const FLUSH_MS = 900;
const FLUSH_LENGTH = 4_096; // UTF-16 units; a fast model fills this before the second is over.
// The row that grows is written whole each time: by a fourth, it costs some five times its length in all. It grows no
// longer at four times this.
const FLUSH_SHARE = 4;
const MOST_LENGTH = 65_536;

/** What a log has grown by, from a position on. */
export type Growth = { offset: number; entries: readonly LogEntry[] };

/** Lengths in UTF-16 units. */
export type FlushState = { pendingLength: number; storedLength: number; hasFlushed: boolean };

/** Between two flushes by the clock. The first token is stored at once: from then on a crash can say what it cut. */
export function shouldFlush({ pendingLength, storedLength, hasFlushed }: FlushState): boolean {
  if (!hasFlushed) return pendingLength > 0;
  return pendingLength >= Math.max(FLUSH_LENGTH, Math.min(MOST_LENGTH, storedLength / FLUSH_SHARE));
}

// How many bytes to wait for before the loop wakes up. A wake costs the same for one token as for ten, so under load
// tokens are gathered for a moment; alone, each goes out as it comes. Pure; times in milliseconds.
// Measured at 200 streams of 50 tokens/s: CPU-s per thousand tokens 0.091 for a wake each, 0.029 for 100 ms (pipe 0.024).

/** What the isolate is doing: answers being written, and how late its timers are. */
export type Load = { live: number; lagMs: number };

export type Pace = {
  /** The highest rate seen, in bytes a millisecond: a stream that falls behind must not look slow. */
  readonly rate: number;
  readonly readAt: number;
  /** The model paused, or is about to end: what it says next is waited for by somebody, so each byte counts. */
  readonly isEager: boolean;
};

const QUIET_LIVE = 32; // Below this a wake for every token is affordable, and every token goes out as it comes.
const GATHER_MS = 100; // Below what reading notices.
const GATHER_BEHIND_MS = 250; // While the loop lags, waking less is what lets it catch up.
const LAG_MS = 20;
const PAUSE_MS = 500; // A pending wait hides its bytes for as long as the model pauses: once is enough.
const MAX_GATHER_BYTES = 16_384;

export function beginPace(now: number): Pace {
  return { rate: 0, readAt: now, isEager: false };
}

/** After a read of `bytes`. */
export function notePace(pace: Pace, bytes: number, now: number): Pace {
  const elapsed = now - pace.readAt;
  const rate = elapsed > 0 ? Math.max(pace.rate, bytes / elapsed) : pace.rate;
  return { rate, readAt: now, isEager: pace.isEager || elapsed > PAUSE_MS };
}

export function notePaceEnds(pace: Pace): Pace {
  return { ...pace, isEager: true };
}

/** The least number of bytes worth waking up for. */
export function wakeAfterBytes(pace: Pace, { live, lagMs }: Load): number {
  if (pace.isEager || live < QUIET_LIVE) return 1;
  const gatherMs = lagMs > LAG_MS ? GATHER_BEHIND_MS : GATHER_MS;
  return Math.max(1, Math.min(MAX_GATHER_BYTES, Math.floor(pace.rate * gatherMs)));
}

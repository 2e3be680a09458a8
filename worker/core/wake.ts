// How many bytes of a provider the loop waits for before it wakes. A wake costs the same for one token as for ten, so
// under load a moment's worth of tokens is waited for; alone, each goes out as it comes. Pure; times in milliseconds.
//
// What is waited for is hidden until it is there, so the wait ends for good with the model's first pause and with its
// finish_reason. Measured beside a loop that sleeps and then reads what has come: that one wakes once for each of the
// provider's chunks all the same, since a read never spans them, and costs half as much again.

/** What the isolate is doing: answers being written, and how late its timers are. */
export type Load = { live: number; lagMs: number };

export type Pace = {
  /** When the provider was last heard; null before its first byte. */
  readonly heardAt: number | null;
  /** Bytes since `since`, until they make a sample of its rate. */
  readonly bytes: number;
  readonly since: number;
  /** The highest rate seen, in bytes a millisecond: the present one is low for the very reason that the loop is late. */
  readonly highest: number;
  /** The model paused, or is about to end: what it says next is waited for by somebody. */
  readonly isEager: boolean;
};

const QUIET_LIVE = 32; // Below this a wake for every token is affordable, and every token goes out as it comes.
const GATHER_MS = 100; // Below what reading notices.
const GATHER_BEHIND_MS = 250; // While the loop lags, waking less is what lets it catch up.
const LAG_MS = 20;
const SAMPLE_MS = 200; // A rate over less would be that of a burst.
const PAUSE_MS = 500; // Longer than any gathering: the model itself was silent.
const MOST_BYTES = 32_768; // A flood is handed on in pieces of about this size.

export const firstPace: Pace = { heardAt: null, bytes: 0, since: 0, highest: 0, isEager: false };

/** After a read that brought `bytes`. The wait for the first byte is no pause, nor is what the loop was late by. */
export function notePace(pace: Pace, bytes: number, now: number, { lagMs }: Load): Pace {
  if (pace.heardAt === null) return { ...pace, heardAt: now, since: now };
  const isEager = pace.isEager || now - pace.heardAt > PAUSE_MS + 2 * lagMs;
  const seen = { heardAt: now, bytes: pace.bytes + bytes, since: pace.since, isEager };
  const elapsed = now - pace.since;
  if (elapsed < SAMPLE_MS) return { ...seen, highest: pace.highest };
  return { ...seen, bytes: 0, since: now, highest: Math.max(pace.highest, seen.bytes / elapsed) };
}

/** The model said why it ends: the rest is on its way. */
export function notePaceEnds(pace: Pace): Pace {
  return { ...pace, isEager: true };
}

/** How many bytes to wait for: 1 to read each chunk as it comes. */
export function leastBytes({ highest, isEager }: Pace, { live, lagMs }: Load): number {
  if (isEager || live < QUIET_LIVE) return 1;
  const worthMs = lagMs > LAG_MS ? GATHER_BEHIND_MS : GATHER_MS;
  return Math.min(MOST_BYTES, Math.max(1, Math.floor(highest * worthMs)));
}

// How many bytes of a provider the loop waits for before it wakes. A wake costs the same for one token as for ten, so
// under load a moment's worth of tokens is waited for; alone, each goes out as it comes. Pure; times in milliseconds.
//
// What is waited for is hidden until it is there, so nothing is waited for after the model's first pause and its
// finish_reason. Measured beside a loop that sleeps and then reads what has come: that one wakes once for each of the
// provider's chunks all the same, since a read never spans them, and costs half as much again.

/** What the isolate is doing: answers being written, and how late it comes to what is due. */
export type Load = { live: number; lagMs: number };

export type Pace = {
  /** When the provider was last heard; null before its first byte. */
  readonly heardAt: number | null;
  /** Bytes since `since`, until they make a sample of its rate. */
  readonly bytes: number;
  readonly since: number;
  /** The highest rate seen, in bytes a millisecond: the present one is low for the very reason that the loop is late. */
  readonly highest: number;
  /** How many times what that rate says is waited for, while all of an isolate's reads are late. */
  readonly boost: number;
  /** The model paused once, and may again: what it says next is waited for by somebody. */
  readonly hasPaused: boolean;
  /** It said why it ends: the rest is on its way. */
  readonly isEnding: boolean;
};

const QUIET_LIVE = 32; // Below this a wake for every token is affordable, and every token goes out as it comes.
const GATHER_MS = 125; // Eight frames a second: below what reading notices.
const GATHER_BEHIND_MS = 250; // While the isolate lags, waking less is what lets it catch up:
const GATHER_FAR_BEHIND_MS = 500; // text that comes by the half second is better than text that is seconds late.
const LAG_MS = 20;
const SAMPLE_MS = 200; // A rate over less would be that of a burst.
const PAUSE_MS = 500; // Longer than any gathering: the model itself was silent.
const GROWTH = 1.5;
const MOST_BOOST = 4;
const MOST_BYTES = 32_768; // A flood is handed on in pieces of about this size.

export const firstPace: Pace = {
  heardAt: null,
  bytes: 0,
  since: 0,
  highest: 0,
  boost: 1,
  hasPaused: false,
  isEnding: false,
};

/**
 * How late a read for `least` bytes came, by the pace of its model; null where that is not known. The model may have
 * paused, too: only when most reads of an isolate are late is it the isolate that lags.
 */
export function lateMs({ heardAt, highest }: Pace, least: number, now: number): number | null {
  return heardAt === null || least === 1 ? null : Math.max(0, now - heardAt - least / highest);
}

/** After a read for `least` bytes that brought `bytes`. The wait for the first byte is no pause, nor is our own lag. */
export function notePace(pace: Pace, least: number, bytes: number, now: number, { lagMs }: Load): Pace {
  if (pace.heardAt === null) return { ...pace, heardAt: now, since: now };
  const hasPaused = pace.hasPaused || now - pace.heardAt > PAUSE_MS + 2 * lagMs;
  // Late with all the others: more than was waited for had come, and the rate was measured too low. Should it be the
  // model after all, the reads get longer, until one is a pause.
  const isBehind = lagMs > LAG_MS && (lateMs(pace, least, now) ?? 0) > lagMs / 2;
  const boost = isBehind ? Math.min(MOST_BOOST, pace.boost * GROWTH) : 1;
  const seen = { ...pace, heardAt: now, bytes: pace.bytes + bytes, boost, hasPaused };
  const elapsed = now - pace.since;
  if (elapsed < SAMPLE_MS) return seen;
  return { ...seen, bytes: 0, since: now, highest: Math.max(pace.highest, seen.bytes / elapsed) };
}

/** The model said why it ends. */
export function notePaceEnds(pace: Pace): Pace {
  return { ...pace, isEnding: true };
}

/** How many bytes to wait for: 1 to read each chunk as it comes. */
export function leastBytes({ highest, boost, hasPaused, isEnding }: Pace, { live, lagMs }: Load): number {
  if (isEnding || live < QUIET_LIVE) return 1;
  // Behind, what looks like a pause may be our own: reading each chunk as it comes would then be too late for all.
  if (hasPaused && lagMs <= LAG_MS) return 1;
  const worthMs = lagMs > GATHER_BEHIND_MS ? GATHER_FAR_BEHIND_MS : lagMs > LAG_MS ? GATHER_BEHIND_MS : GATHER_MS;
  return Math.min(MOST_BYTES, Math.max(1, Math.floor(highest * boost * worthMs)));
}

// How long to let a provider's bytes gather before the loop looks again. A wake costs the same for one token as for ten,
// so under load tokens are gathered for a moment; alone, each goes out as it comes. Pure; times in milliseconds.
//
// The loop sleeps and then reads what has come, and never asks for "at least n bytes": such a read hides up to n bytes
// for as long as the model pauses, [DONE] on a line that stays open included. What is gathered here is late by the
// pause chosen below, and by no more.

/** What the isolate is doing: answers being written, and how late its timers are. */
export type Load = { live: number; lagMs: number };

export type Pace = {
  /** When the provider was last heard; null before its first byte. */
  readonly heardAt: number | null;
  /** How much was read at the last look. */
  readonly bytes: number;
  /** The model paused, or is about to end: what it says next is waited for by somebody. */
  readonly isEager: boolean;
};

const QUIET_LIVE = 32; // Below this a wake for every token is affordable, and every token goes out as it comes.
const GATHER_MS = 100; // Below what reading notices.
const GATHER_BEHIND_MS = 250; // While the loop lags, waking less is what lets it catch up.
const LAG_MS = 20;
const FLOOD_BYTES = 4_096; // A look that brought this much paid for itself: sleeping would only slow a fast model.
const PAUSE_MS = 500; // Longer than any gathering: the model itself was silent.

export const firstPace: Pace = { heardAt: null, bytes: 0, isEager: false };

/** After a look that brought `bytes`. The wait for the first byte is no pause. */
export function notePace(pace: Pace, bytes: number, now: number): Pace {
  return { heardAt: now, bytes, isEager: pace.isEager || (pace.heardAt !== null && now - pace.heardAt > PAUSE_MS) };
}

/** The model said why it ends: the rest is on its way. */
export function notePaceEnds(pace: Pace): Pace {
  return { ...pace, isEager: true };
}

/** How long to let bytes gather after the first has come, and before all are read: null to read each as it comes. */
export function gatherMs(pace: Pace, { live, lagMs }: Load): number | null {
  // The first byte is waited for by somebody, however busy the isolate is.
  if (pace.heardAt === null || pace.isEager || live < QUIET_LIVE) return null;
  if (pace.bytes >= FLOOD_BYTES) return 0;
  return lagMs > LAG_MS ? GATHER_BEHIND_MS : GATHER_MS;
}

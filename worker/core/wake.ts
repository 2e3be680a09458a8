// How many bytes of a provider the loop waits for before it wakes. A wake costs the same for one token as for ten, so
// under load a moment's worth of tokens is waited for; alone, each goes out as it comes. Pure; times in milliseconds.
//
// What is waited for is hidden until it is there, so nothing is waited for after a pause of the model and after its
// finish_reason. And neither a late isolate nor a slow model can be told by how long a read took: by a rate once seen,
// one stall made every later read wait for seconds. So a little more than a moment's worth is asked for now and then:
// what comes no later for it was there already, and then the isolate is behind and takes more at a time. An isolate with
// more to do than it can must find that out too, where every read takes long and each looks like a pause: or it reads
// token by token, at the highest price, for minutes.

/** What the answers of an isolate have in common. */
export type Load = {
  /** How many are being written. */
  readonly live: number;
  /** What a read takes of late, in milliseconds. */
  readonly readMs: number;
};

export type Pace = {
  /** When the provider was last heard; null before its first byte. */
  readonly heardAt: number | null;
  readonly startedAt: number;
  /** What came after `startedAt`. */
  readonly total: number;
  /** Bytes a millisecond, of the last reads. */
  readonly rate: number;
  /** How much is waited for, in milliseconds of that rate. */
  readonly worthMs: number;
  /** What the last read brought, and how long it took: 0 for the first. */
  readonly lastBytes: number;
  readonly lastMs: number;
  /** About what a chunk of this provider has: a read for one byte brings one. */
  readonly chunkBytes: number;
  /** Reads since the last that looked for more. */
  readonly plain: number;
  /** The last read found more than was due. */
  readonly hasFound: boolean;
  /** When the model last paused, and how often it has: what it says next is waited for by somebody. */
  readonly pausedAt: number;
  readonly pauses: number;
  /** It said why it ends: the rest is on its way. */
  readonly isEnding: boolean;
};

const QUIET_LIVE = 32; // Below this a wake for every token is affordable, and every token goes out as it comes.
const GATHER_MS = 125; // Eight frames a second: below what reading notices.
const LIVE_MS = 1.5; // For each live answer, where that is more: some 700 wakes a second, until MOST_MS is reached.
const CHUNK_LIVE = 250; // For so many live answers a chunk, however slow they come,
const CHUNKS_MS = 500; // but no more of them than came in this time.
const GATHER_BEHIND_MS = 500; // Text that comes by the half second is better than text that is seconds late.
const MOST_MS = 500; // Of the answer's average pace.
const MOST_FASTER = 2; // Than that pace, which is low while the isolate is behind.
const LOOK_BYTES = 4_096; // However slow it seems to be: so much may be looked for.
const MOST_BYTES = 32_768; // Waited for at most: a flood is handed on in pieces of about this size.
const SAMPLE_MS = 200; // A rate over less would be that of a burst: until then as much is waited for as has come,
const SAMPLE_CHUNKS = 2; // but for no more chunks: what ends an answer is as much, so that a short one's end is not missed.
const SAMPLE_WEIGHT_MS = 60; // A read that took so long says all there is to say of a rate, then.
const SMOOTHING = 0.3;
const SLOWER = 0.6;
const PROBE_EVERY = 4; // Reads.
const PROBE = 1.6; // Times as much is asked for,
const FASTER = 1.25; // and came so many times as fast: it was there.
const CALMING = 0.9; // A read that was not behind,
const CALMING_PROBE = 0.65; // and one that looked for it.
const PAUSE_MS = 500;
const WARY_MS = 4_000; // After a first pause; four times as long after each further one.
const LOOK_MS = 1_000; // A chunk that took longer is shown: the next may take as long.
const TYPICAL_READS = 2; // And one that took so many times what a read takes of late: it was the model that was slow.
const READ_SMOOTHING = 0.02; // Of what reads take, over all answers.

export const firstPace: Pace = {
  heardAt: null,
  startedAt: 0,
  total: 0,
  rate: 0,
  worthMs: GATHER_MS,
  lastBytes: 0,
  lastMs: 0,
  chunkBytes: 0,
  plain: PROBE_EVERY,
  hasFound: false,
  pausedAt: 0,
  pauses: 0,
  isEnding: false,
};

/** After a read for `least` bytes that brought `bytes`. The wait for the first byte is no pause. */
export function notePace(pace: Pace, least: number, bytes: number, now: number, load: Load): Pace {
  if (pace.heardAt === null) return { ...pace, heardAt: now, startedAt: now, chunkBytes: bytes };
  const tookMs = Math.max(1, now - pace.heardAt);
  const rate = bytes / tookMs;
  const total = pace.total + bytes;
  const average = total / Math.max(1, now - pace.startedAt);
  const chunkBytes = chunkBytesAfter(pace, least, bytes);
  const seen = { ...pace, heardAt: now, total, lastBytes: bytes, lastMs: tookMs, chunkBytes, hasFound: false };
  if (pace.rate === 0) return { ...seen, rate };
  // What was silent says nothing about how fast it speaks. By the average, where that is slower: a wait for too much is
  // our own, and so is one that all answers have.
  const dueMs = bytes / Math.min(pace.rate, average);
  if (tookMs - dueMs > Math.max(PAUSE_MS, Math.min(LOOK_MS, TYPICAL_READS * load.readMs)))
    return { ...seen, pauses: pace.pauses + 1, pausedAt: now };
  if (isSampling(pace)) {
    const smoothed = pace.rate + (rate - pace.rate) * Math.min(1, tookMs / SAMPLE_WEIGHT_MS);
    return { ...seen, rate: Math.min(smoothed, average), plain: pace.plain + 1 };
  }
  const isProbe = isProbing(pace) && least > 1;
  if (isProbe && rate > FASTER * pace.rate) {
    // Behind: more still is asked for next, and what was taken for a pause of the model was our own.
    const worthMs = Math.min(GATHER_BEHIND_MS, pace.worthMs * 2);
    return { ...seen, rate: Math.min(rate, MOST_FASTER * average), worthMs, pauses: 0, hasFound: true };
  }
  const weight = least === 1 ? Math.min(1, tookMs / SAMPLE_MS) : rate < pace.rate ? SLOWER : SMOOTHING;
  return {
    ...seen,
    rate: pace.rate + (rate - pace.rate) * weight,
    worthMs: Math.max(GATHER_MS, pace.worthMs * (isProbe ? CALMING_PROBE : CALMING)),
    plain: isProbe ? 0 : pace.plain + 1,
  };
}

/** A read for one byte brings a chunk; one for more brings several, so while it is sampled the least counts. */
function chunkBytesAfter(pace: Pace, least: number, bytes: number): number {
  const { chunkBytes, rate } = pace;
  if (least > 1) return isSampling(pace) ? Math.min(chunkBytes, bytes) : chunkBytes;
  return rate === 0 ? bytes : chunkBytes + (bytes - chunkBytes) * SMOOTHING;
}

/** The model said why it ends. */
export function notePaceEnds(pace: Pace): Pace {
  return { ...pace, isEnding: true };
}

/** What a read takes of late, after one more of them. */
export function noteReadMs(readMs: number, { lastMs }: Pace): number {
  if (lastMs === 0) return readMs; // The first of an answer.
  return readMs + (Math.min(lastMs, LOOK_MS) - readMs) * READ_SMOOTHING;
}

/** How many bytes to wait for: 1 to read each chunk as it comes. */
export function leastBytes(pace: Pace, { live, readMs }: Load): number {
  const { heardAt, startedAt, rate, worthMs, total, lastBytes, lastMs, chunkBytes } = pace;
  if (pace.isEnding || live < QUIET_LIVE) return 1;
  if (heardAt === null) return 1;
  if (isSampling(pace)) {
    // After the first alone, the second is waited for together with what follows it, were that but [DONE].
    const come = total === 0 && live >= SAMPLE_CHUNKS * CHUNK_LIVE ? chunkBytes + 1 : total;
    return Math.max(1, Math.floor(Math.min(MOST_BYTES, come, SAMPLE_CHUNKS * chunkBytes)));
  }
  const isLooking = isProbing(pace) && lastMs < Math.min(LOOK_MS, TYPICAL_READS * readMs);
  // Another pause is feared. One chunk more is asked for all the same, now and then and while they come no later than
  // others': should it be there already, it was not the model that paused.
  if (mayPause(pace)) return isLooking ? Math.min(2 * lastBytes, LOOK_BYTES) : 1;
  const moment = rate * Math.max(worthMs, live * LIVE_MS);
  const wanted = isProbing(pace) ? PROBE * Math.max(moment, lastBytes) : moment;
  const most = (total / (heardAt - startedAt)) * MOST_MS;
  const there = isLooking || pace.hasFound ? Math.min(2 * lastBytes, LOOK_BYTES) : 1;
  // Where reads wait in line, so does each chunk of one: by what it gets, a late answer looks like a slow model for good.
  const chunks = Math.floor(Math.min(live / CHUNK_LIVE, CHUNKS_MS / Math.max(1, (lastMs * chunkBytes) / lastBytes)));
  const some = (chunks - 0.5) * chunkBytes;
  return Math.max(1, Math.floor(Math.min(MOST_BYTES, Math.max(some, Math.min(wanted, Math.max(most, there))))));
}

function isSampling({ heardAt, startedAt }: Pace): boolean {
  return heardAt !== null && heardAt - startedAt < SAMPLE_MS;
}

function isProbing({ plain }: Pace): boolean {
  return plain >= PROBE_EVERY;
}

function mayPause({ heardAt, pausedAt, pauses }: Pace): boolean {
  return pauses > 0 && (heardAt ?? 0) - pausedAt < WARY_MS * 4 ** (pauses - 1);
}

import { expect, test } from "vitest";
import { firstPace, leastBytes, notePace, notePaceEnds, noteReadMs, type Pace } from "./wake.ts";

type Chunk = { at: number; bytes: number };
/** `lateMs`: how long the oldest of what it brought had waited. */
type Read = { at: number; least: number; lateMs: number; tookMs: number };
type Isolate = {
  live?: number;
  /** What every read takes, however much is there. */
  queueMs?: number;
  /** When it stood still. */
  stall?: { from: number; to: number };
};

const CHUNK = 200;
const EVERY_MS = 20;

/** A model's chunks, one every `EVERY_MS`, but for its pauses. */
function speak(forMs: number, pauses: { at: number; ms: number }[] = [], everyMs = EVERY_MS): Chunk[] {
  const chunks: Chunk[] = [];
  for (let said = 0; said * everyMs < forMs; said++) {
    const due = said * everyMs;
    const silent = pauses.filter(({ at }) => at < due).reduce((sum, { ms }) => sum + ms, 0);
    chunks.push({ at: due + silent, bytes: CHUNK });
  }
  return chunks;
}

/** Reads a line to its end, as the loop does: a read brings whole chunks, enough of them and no more. */
function follow(chunks: readonly Chunk[], { live = 120, queueMs = 1, stall }: Isolate = {}): Read[] {
  const reads: Read[] = [];
  let pace: Pace = firstPace;
  let readMs = 0;
  let now = 0;
  for (let from = 0; from < chunks.length;) {
    const least = leastBytes(pace, { live, readMs });
    let to = from;
    let bytes = 0;
    let thereAt = 0;
    while (to < chunks.length && bytes < least) {
      const chunk = chunks[to++];
      bytes += chunk?.bytes ?? 0;
      thereAt = chunk?.at ?? 0;
    }
    let at = Math.max(now + queueMs, thereAt);
    if (stall !== undefined && at > stall.from && at < stall.to) at = stall.to;
    reads.push({ at, least, lateMs: at - (chunks[from]?.at ?? 0), tookMs: at - now });
    pace = notePace(pace, least, bytes, at, { live, readMs });
    readMs = noteReadMs(readMs, pace);
    [now, from] = [at, to];
  }
  return reads;
}

const BUSY = { live: 200, readMs: 100 };
const after = (reads: readonly Read[], ms: number) => reads.filter(({ at }) => at > ms);
const most = (values: readonly number[]) => Math.max(...values);

test("below thirty-two live answers every token goes out as it comes", () => {
  expect(follow(speak(2_000), { live: 31 }).every(({ least }) => least === 1)).toBe(true);
  expect(follow(speak(2_000), { live: 32 }).some(({ least }) => least > 1)).toBe(true);
});

test("under load an eighth of a second is waited for, now and then a quarter", () => {
  const reads = after(follow(speak(10_000), { live: 80 }), 1_000);
  expect(reads.length).toBeLessThan(75);
  expect(reads.length).toBeGreaterThan(55);
  expect(most(reads.map(({ tookMs }) => tookMs))).toBeLessThanOrEqual(250);
});

test("the more are live the longer is waited, up to half a second", () => {
  const typical = (live: number) => {
    const reads = after(follow(speak(20_000), { live }), 1_000).map(({ tookMs }) => tookMs);
    return reads.toSorted((a, b) => a - b)[reads.length >> 1];
  };
  expect(typical(200)).toBe(300);
  expect(typical(300)).toBe(460);
  expect(typical(4_000)).toBeLessThanOrEqual(500);
});

test("how fast a model speaks is found out by few reads, none of which takes longer than it has spoken", () => {
  const first = (everyMs: number) => follow(speak(2_000, [], everyMs)).filter(({ at }) => at <= 200);
  expect(first(20).length).toBeLessThanOrEqual(8); // Eleven, read one by one.
  for (const everyMs of [20, 60, 150]) {
    for (const { at, tookMs } of first(everyMs)) expect(tookMs).toBeLessThanOrEqual(at / 2 + everyMs);
  }
});

test("from five hundred live on the second chunk is waited for together with the third, were that but [DONE]", () => {
  const seconds = [499, 500].map((live) => follow(speak(2_000), { live })[1]?.least);
  expect(seconds).toEqual([1, CHUNK + 1]);
  const short = follow([...speak(EVERY_MS), { at: 20, bytes: CHUNK }, { at: 20, bytes: 14 }], { live: 500 });
  expect(short.map(({ least }) => least)).toEqual([1, CHUNK + 1]);
});

test.each([80, 200, 1_000])(
  "with %i live, a model that pauses as soon as it has begun keeps back a chunk at most",
  (live) => {
    for (let said = 1; said <= 10; said++) {
      const reads = follow(speak(2_000, [{ at: (said - 1) * EVERY_MS, ms: 5_000 }]), { live });
      expect(reads.filter(({ lateMs }) => lateMs > 4_000).length).toBeLessThanOrEqual(1);
      const held = reads.find(({ lateMs }) => lateMs > 4_000);
      expect(held?.least ?? 1).toBeLessThanOrEqual(2 * CHUNK);
    }
  },
);

test.each([80, 200, 1_000])("with %i live, the end of a short answer is seen on a line that stays open", (live) => {
  const ending = [200, 200, 20]; // finish_reason, usage, [DONE]: the first has an answer's own size, at least.
  for (let said = 2; said <= 9; said++) {
    const answer = speak(said * EVERY_MS);
    const last = said * EVERY_MS;
    const reads = follow([...answer, ...ending.map((bytes) => ({ at: last, bytes }))], { live });
    const read = reads.reduce((sum, { least }) => sum + least, 0);
    expect(read).toBeLessThanOrEqual(said * CHUNK + 420);
  }
});

test("a burst at the beginning is no pace: what follows is waited for by the moment", () => {
  for (const [chunks, ms] of [
    [2, 300],
    [10, 350],
    [50, 400],
    [150, 550],
  ] as const) {
    const burst = Array.from({ length: chunks }, () => ({ at: 0, bytes: CHUNK }));
    const reads = follow([...burst, ...speak(4_000).map(({ at, bytes }) => ({ at: at + EVERY_MS, bytes }))]);
    expect(most(reads.map(({ lateMs }) => lateMs))).toBeLessThanOrEqual(ms);
  }
});

test("an isolate that stood still catches up, and waits for no more than before", () => {
  for (const ms of [300, 600, 1_500, 3_000]) {
    const reads = follow(speak(14_000), { live: 80, stall: { from: 3_000, to: 3_000 + ms } });
    const since = (passed: number) => after(reads, 3_000 + ms + passed);
    expect(most(since(0).map(({ tookMs }) => tookMs))).toBeLessThanOrEqual(500 + EVERY_MS);
    expect(most(since(200).map(({ lateMs }) => lateMs))).toBeLessThanOrEqual(500 + EVERY_MS);
    expect(most(since(4_000).map(({ lateMs }) => lateMs))).toBeLessThanOrEqual(250);
  }
});

test("where every read takes long, more is taken at a time, and the text keeps up with the model", () => {
  for (const queueMs of [60, 100, 200]) {
    const reads = follow(speak(20_000), { live: 1_000, queueMs });
    expect(most(after(reads, 5_000).map(({ lateMs }) => lateMs))).toBeLessThanOrEqual(500 + queueMs);
  }
});

test("after a pause of the model its chunks are read as they come, and later gathered again", () => {
  const reads = follow(speak(12_000, [{ at: 3_000, ms: 1_000 }]));
  const wary = reads.filter(({ at }) => at > 4_200 && at < 7_900);
  expect(most(wary.map(({ tookMs }) => tookMs))).toBeLessThanOrEqual(2 * EVERY_MS);
  expect(after(reads, 8_300).some(({ least }) => least > 2 * CHUNK)).toBe(true);
});

test("with each further pause the wariness lasts longer", () => {
  const pauses = [
    { at: 3_000, ms: 1_000 },
    { at: 9_000, ms: 1_000 },
  ];
  const wary = follow(speak(24_000, pauses)).filter(({ at }) => at > 11_250 && at < 26_000);
  expect(most(wary.map(({ tookMs }) => tookMs))).toBeLessThanOrEqual(2 * EVERY_MS);
});

test("of a model that says a word a second none is held back", () => {
  const reads = follow(speak(20_000, [], 1_000));
  expect(reads.map(({ lateMs }) => lateMs).every((lateMs) => lateMs <= 1)).toBe(true);
});

test("among thousands, a model whose chunks are far apart is held back by less than a second, and mostly not at all", () => {
  for (const live of [1_000, 4_000]) {
    for (const everyMs of [300, 500, 700, 990]) {
      const late = follow(speak(40_000, [], everyMs), { live }).map(({ lateMs }) => lateMs);
      expect(most(late)).toBeLessThan(1_000);
      if (everyMs >= 500) expect(late.filter((ms) => ms > 1).length).toBeLessThan(late.length / 3);
    }
  }
});

test("a model that becomes slow is followed at its own pace", () => {
  const chunks = speak(4_000);
  for (let at = 4_000; at < 14_000; at += 100) chunks.push({ at, bytes: CHUNK });
  const reads = follow(chunks);
  expect(most(after(reads, 5_500).map(({ lateMs }) => lateMs))).toBeLessThanOrEqual(300);
});

test("the first byte is waited for by somebody, however long it takes, and says nothing about the pace", () => {
  const begun = notePace(firstPace, 1, 60_000, 9_000, BUSY);
  expect(leastBytes(begun, BUSY)).toBe(1);
  expect(begun.pauses).toBe(0);
});

test("near its end nothing is waited for any more", () => {
  const pace: Pace = { ...firstPace, heardAt: 5_000, total: 50_000, rate: 10, lastBytes: 200, lastMs: 20 };
  expect(leastBytes(pace, BUSY)).toBeGreaterThan(1);
  expect(leastBytes(notePaceEnds(pace), BUSY)).toBe(1);
});

test("a flood is handed on in pieces", () => {
  const flood = Array.from({ length: 500 }, (_, at) => ({ at: at * 20, bytes: 1_000_000 }));
  expect(most(follow(flood).map(({ least }) => least))).toBe(32_768);
});

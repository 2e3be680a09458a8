import { expect, test } from "vitest";
import { firstPace, lateMs, leastBytes, type Load, notePace, notePaceEnds, type Pace } from "./wake.ts";

const busy = { live: 200, lagMs: 0 };
const late = { live: 200, lagMs: 21 };

/** Reads of `bytes` every `everyMs`, from the first byte at 0 until `untilMs`. */
function readEvenly(bytes: number, everyMs: number, untilMs: number, load: Load = busy): Pace {
  let pace = notePace(firstPace, 1, 1_000, 0, load);
  for (let at = everyMs; at <= untilMs; at += everyMs) pace = notePace(pace, 1, bytes, at, load);
  return pace;
}

const steady = readEvenly(200, 20, 400); // Ten bytes a millisecond.

test("below thirty-two live answers every token goes out as it comes", () => {
  expect(leastBytes(steady, { live: 31, lagMs: 900 })).toBe(1);
  expect(leastBytes(steady, { live: 32, lagMs: 0 })).toBe(1_250);
});

test("under load an eighth of a second is waited for, a quarter while the loop lags", () => {
  expect(leastBytes(steady, busy)).toBe(1_250);
  expect(leastBytes(steady, { live: 200, lagMs: 20 })).toBe(1_250);
  expect(leastBytes(steady, late)).toBe(2_500);
});

test("until a rate is known, nothing is waited for", () => {
  expect(leastBytes(firstPace, busy)).toBe(1);
  expect(leastBytes(readEvenly(200, 20, 180), busy)).toBe(1);
  expect(leastBytes(readEvenly(200, 20, 200), busy)).toBe(1_250);
});

test("the rate is the highest seen: that of a loop that falls behind is low for that very reason", () => {
  let pace = steady;
  for (let at = 600; at <= 2_000; at += 200) pace = notePace(pace, 300, 300, at, busy);
  expect(leastBytes(pace, busy)).toBe(1_250);
});

test("after a pause of the model, or near its end, nothing is waited for any more", () => {
  const paused = notePace(steady, 1, 200, 901, busy);
  expect(leastBytes(paused, busy)).toBe(1);
  expect(leastBytes(notePace(paused, 1, 200, 921, busy), busy)).toBe(1);
  expect(leastBytes(notePaceEnds(steady), busy)).toBe(1);
  expect(leastBytes(notePaceEnds(steady), late)).toBe(1);
  expect(leastBytes(paused, late)).toBe(2_500);
  expect(leastBytes(notePace(steady, 1, 2_000, 650, busy), busy)).toBeGreaterThan(1);
});

test("what the isolate itself was late by is no pause of the model", () => {
  const slow = { live: 1_000, lagMs: 300 };
  expect(leastBytes(notePace(steady, 1, 2_000, 1_500, slow), busy)).toBeGreaterThan(1);
  expect(leastBytes(notePace(steady, 1, 2_000, 1_501, slow), busy)).toBe(1);
});

test("far behind, half a second's worth is waited for", () => {
  expect(leastBytes(steady, { live: 1_000, lagMs: 251 })).toBe(5_000);
});

test("a read is late by what its bytes take at the model's pace", () => {
  expect(lateMs(steady, 1_000, 500)).toBe(0);
  expect(lateMs(steady, 1_000, 700)).toBe(200);
  expect(lateMs(steady, 1, 700)).toBeNull();
  expect(lateMs(firstPace, 1_000, 700)).toBeNull();
});

test("a stream that is late with all the others was measured too low; one that is late alone was not", () => {
  const lag = { live: 1_000, lagMs: 100 };
  const late = notePace(steady, 1_000, 1_000, 580, lag);
  expect(leastBytes(late, lag)).toBe(3_750);
  expect(leastBytes(notePace(late, 3_750, 3_750, 1_100, lag), lag)).toBe(5_625);
  expect(leastBytes(notePace(late, 3_750, 3_750, 955, lag), lag)).toBe(2_500);
  expect(leastBytes(notePace(steady, 1_000, 1_000, 520, lag), lag)).toBe(2_500);
  expect(leastBytes(notePace(steady, 1_000, 1_000, 580, busy), busy)).toBe(1_250);
});

test("the first byte is waited for by somebody, however long it takes, and says nothing about the pace", () => {
  const begun = notePace(firstPace, 1, 60_000, 9_000, busy);
  expect(leastBytes(begun, busy)).toBe(1);
  expect(begun.hasPaused).toBe(false);
});

test("a flood is handed on in pieces", () => {
  expect(leastBytes(readEvenly(1_000_000, 20, 400), late)).toBe(32_768);
});

import { expect, test } from "vitest";
import { beginPace, notePace, notePaceEnds, wakeAfterBytes } from "./wake.ts";

const busy = { live: 200, lagMs: 0 };
/** Two hundred bytes each 20 ms: ten bytes a millisecond. */
const steady = notePace(notePace(beginPace(0), 200, 20), 200, 40);

test("below thirty-two live answers every byte wakes", () => {
  expect(wakeAfterBytes(steady, { live: 31, lagMs: 900 })).toBe(1);
  expect(wakeAfterBytes(steady, { live: 32, lagMs: 0 })).toBeGreaterThan(1);
});

test("under load, a tenth of a second of the highest rate is gathered, a quarter while the loop lags", () => {
  expect(wakeAfterBytes(steady, busy)).toBe(1_000);
  expect(wakeAfterBytes(notePace(steady, 10, 140), busy)).toBe(1_000);
  expect(wakeAfterBytes(steady, { live: 200, lagMs: 21 })).toBe(2_500);
});

test("after a pause, or near the end, every byte wakes again, for good", () => {
  const paused = notePace(steady, 200, 541);
  expect(wakeAfterBytes(paused, busy)).toBe(1);
  expect(wakeAfterBytes(notePace(paused, 200, 561), busy)).toBe(1);
  expect(wakeAfterBytes(notePaceEnds(steady), busy)).toBe(1);
});

test("nothing is known of a stream that has not spoken, and a flood is bounded", () => {
  expect(wakeAfterBytes(beginPace(0), busy)).toBe(1);
  expect(wakeAfterBytes(notePace(beginPace(0), 1_000_000, 1), busy)).toBe(16_384);
});

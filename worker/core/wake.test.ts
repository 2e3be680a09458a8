import { expect, test } from "vitest";
import { firstPace, gatherMs, notePace, notePaceEnds } from "./wake.ts";

const busy = { live: 200, lagMs: 0 };
const steady = notePace(firstPace, 200, 300);

test("below thirty-two live answers every token goes out as it comes", () => {
  expect(gatherMs(steady, { live: 31, lagMs: 900 })).toBeNull();
  expect(gatherMs(steady, { live: 32, lagMs: 0 })).toBe(100);
});

test("under load a tenth of a second is gathered, a quarter while the loop lags", () => {
  expect(gatherMs(steady, busy)).toBe(100);
  expect(gatherMs(steady, { live: 200, lagMs: 20 })).toBe(100);
  expect(gatherMs(steady, { live: 200, lagMs: 21 })).toBe(250);
});

test("after a pause of the model, or near its end, nothing is gathered any more", () => {
  const paused = notePace(steady, 200, 801);
  expect(gatherMs(paused, busy)).toBeNull();
  expect(gatherMs(notePace(paused, 200, 821), busy)).toBeNull();
  expect(gatherMs(notePaceEnds(steady), busy)).toBeNull();
  expect(gatherMs(notePace(steady, 200, 550), busy)).toBe(100);
});

test("the first byte is never slept through, however long it takes, and a flood is read as it comes", () => {
  expect(gatherMs(firstPace, busy)).toBeNull();
  expect(gatherMs(notePace(firstPace, 200, 9_000), busy)).toBe(100);
  expect(gatherMs(notePace(steady, 4_096, 400), busy)).toBe(0);
});

// A thousand answers on one thread that has more to do than it can: every read waits in line, and costs the same however
// much it brings. What is judged is that they end, and how many reads they took.

import { expect, test } from "vitest";
import { firstPace, leastBytes, notePace, noteReadMs, type Pace } from "./wake.ts";

type Machine = {
  answers: number;
  /** Over which they arrive, evenly. */
  windowMs: number;
  startMs: number; // What it costs to begin one,
  readMs: number; // a read,
  chunkMs: number; // and each chunk that it brings.
};

const TOKENS = 200;
const EVERY_MS = 20;
const FIRST_MS = 50;
const CHUNK = 200; // Bytes.

type Answer = { calledAt: number; read: number; got: number; least: number; pace: Pace };

/** How long answers took, in the middle, and how many reads each. */
function run({ answers: count, windowMs, startMs, readMs, chunkMs }: Machine) {
  const answers: Answer[] = [];
  const totals: number[] = [];
  let due: { at: number; answer: Answer }[] = [];
  let now = 0;
  let reads = 0;
  let typicalMs = 0;
  const load = () => ({ live: answers.length - totals.length, readMs: typicalMs });
  // Each chunk of a read waits in line for itself: this is how workerd was seen to do it.
  const wait = (answer: Answer) => {
    const chunk = answer.read + answer.got;
    due.push({ at: Math.max(now, answer.calledAt + FIRST_MS + chunk * EVERY_MS), answer });
  };
  while (totals.length < count) {
    const arrivesAt = answers.length < count ? (answers.length * windowMs) / count : Infinity;
    const next = due.reduce((first, one) => (one.at < first.at ? one : first), { at: Infinity, answer: null as never });
    now = Math.max(now, Math.min(arrivesAt, next.at));
    if (arrivesAt <= next.at) {
      now += startMs;
      const answer = { calledAt: now, read: 0, got: 0, least: 1, pace: firstPace };
      answers.push(answer);
      wait(answer);
      continue;
    }
    due = due.filter((one) => one !== next);
    const { answer } = next;
    now += chunkMs;
    answer.got++;
    const isEnd = answer.read + answer.got === TOKENS;
    if (answer.got * CHUNK >= answer.least || isEnd) {
      now += readMs;
      reads++;
      answer.pace = notePace(answer.pace, answer.least, answer.got * CHUNK, now, load());
      typicalMs = noteReadMs(typicalMs, answer.pace);
      answer.read += answer.got;
      answer.got = 0;
      answer.least = leastBytes(answer.pace, load());
    }
    if (isEnd) totals.push(now - answer.calledAt);
    else wait(answer);
  }
  return { totalMs: totals.toSorted((a, b) => a - b)[count >> 1] ?? 0, readsEach: reads / count };
}

test("a machine with time to spare ends them with the model", () => {
  const { totalMs, readsEach } = run({ answers: 200, windowMs: 2_000, startMs: 5, readMs: 0.2, chunkMs: 0.015 });
  expect(totalMs).toBeLessThan(4_100);
  expect(readsEach).toBeLessThan(40);
});

test("where a wake for every token is more than the thread has, they still end, in few wakes", () => {
  // With pauses seen where there were none, and asked by the rate alone: 165 reads each, and 60 s.
  const { totalMs, readsEach } = run({ answers: 600, windowMs: 3_000, startMs: 15, readMs: 0.5, chunkMs: 0.033 });
  expect(readsEach).toBeLessThan(60);
  expect(totalMs).toBeLessThan(25_000);
});

import { expect, test } from "vitest";
import { createRandom } from "./simulated-text.ts";
import { TimerWheel } from "./simulated-wheel.ts";

function createBench() {
  const bench = { now: 0, ticking: false };
  const wheel = new TimerWheel(
    () => bench.now,
    () => {
      bench.ticking = true;
      return () => {
        bench.ticking = false;
      };
    },
  );
  const jump = (to: number) => {
    bench.now = to;
    wheel.tick();
  };
  /** Ticks each 2 ms up to and including `to`. */
  const advance = (to: number) => {
    while (bench.now < to) jump(Math.min(to, bench.now + 2));
  };
  return { wheel, jump, advance, isTicking: () => bench.ticking };
}

test("nothing runs early, and nothing later than 4 ms, over thousands of random times", () => {
  const { wheel, advance } = createBench();
  const random = createRandom(11);
  const late: number[] = [];
  for (let k = 0; k < 5_000; k++) {
    const dueAt = random() * 10_000; // five turns of the wheel
    wheel.schedule({ run: (now) => (late.push(now - dueAt), Number.POSITIVE_INFINITY) }, dueAt);
  }
  advance(10_010);
  expect(late).toHaveLength(5_000);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...late)).toBeLessThanOrEqual(4);
});

test("an entry runs again when it says, and stops when it says never", () => {
  const { wheel, advance } = createBench();
  const ran: number[] = [];
  wheel.schedule({ run: (now) => (ran.push(now), ran.length < 4 ? now + 100 : Number.POSITIVE_INFINITY) }, 50);
  advance(2_000);
  expect(ran).toEqual([50, 150, 250, 350]);
});

test("a cancelled entry does not run, also when it is cancelled by another in its slot", () => {
  const { wheel, advance } = createBench();
  const ran: string[] = [];
  const victim = { run: () => (ran.push("victim"), Number.POSITIVE_INFINITY) };
  wheel.schedule({ run: () => (ran.push("first"), wheel.cancel(victim), Number.POSITIVE_INFINITY) }, 10);
  wheel.schedule(victim, 10);
  advance(100);
  expect(ran).toEqual(["first"]);
  expect(wheel.size).toBe(0);
});

test("an entry that cancels itself while it runs is not placed again", () => {
  const { wheel, advance } = createBench();
  let runs = 0;
  const entry = { run: (now: number) => (runs++, wheel.cancel(entry), now + 10) };
  wheel.schedule(entry, 10);
  advance(200);
  expect(runs).toBe(1);
});

test("scheduling again moves an entry", () => {
  const { wheel, advance } = createBench();
  const ran: number[] = [];
  const entry = { run: (now: number) => (ran.push(now), Number.POSITIVE_INFINITY) };
  wheel.schedule(entry, 10);
  wheel.schedule(entry, 60);
  advance(200);
  expect(ran).toEqual([60]);
});

test("after a pause of minutes all that was due runs once, in the first tick", () => {
  const { wheel, jump } = createBench();
  let ran = 0;
  for (let k = 0; k < 100; k++) wheel.schedule({ run: () => (ran++, Number.POSITIVE_INFINITY) }, k * 37);
  jump(300_000);
  expect(ran).toBe(100);
});

test("an idle wheel keeps no timer", () => {
  const { wheel, advance, isTicking } = createBench();
  expect(isTicking()).toBe(false);
  wheel.schedule({ run: () => Number.POSITIVE_INFINITY }, 10);
  expect(isTicking()).toBe(true);
  advance(20);
  expect(isTicking()).toBe(false);
});

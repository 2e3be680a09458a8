import { expect, test } from "vitest";
import { createPacer } from "./pacer.ts";

test("what fits may go at once", () => {
  const pacer = createPacer(60);
  expect(pacer.waitMs(60, 0)).toBe(0);
  pacer.note(30, 0);
  expect(pacer.waitMs(30, 1_000)).toBe(0);
});

test("what does not fit waits until no limiter counts enough of what went before", () => {
  const pacer = createPacer(60);
  pacer.note(30, 0);
  pacer.note(30, 10_000);
  expect(pacer.waitMs(10, 20_000)).toBe(100_000);
  expect(pacer.waitMs(31, 20_000)).toBe(110_000);
  expect(pacer.waitMs(60, 130_000)).toBe(0);
});

test("whatever is asked for, a limiter that weighs the minute before refuses nothing", () => {
  const perMinute = 20;
  const pacer = createPacer(perMinute);
  const sent: number[] = [];
  let now = 0;
  for (let turn = 0; turn < 300; turn++) {
    const messages = 1 + ((turn * 7) % perMinute);
    now += (turn * 977) % 9_000;
    now += pacer.waitMs(messages, now);
    for (let message = 0; message < messages; message++) {
      now += 100;
      const minute = Math.floor(now / 60_000);
      const of = (wanted: number) => sent.filter((at) => Math.floor(at / 60_000) === wanted).length;
      const weight = 1 - (now % 60_000) / 60_000;
      expect(of(minute - 1) * weight + of(minute)).toBeLessThan(perMinute);
      sent.push(now);
    }
    pacer.note(messages, now);
  }
});

import { expect, test } from "vitest";
import { createPacer } from "./pacer.ts";

test("what fits into the minute may go at once", () => {
  const pacer = createPacer(60);
  expect(pacer.take(30, 0)).toBe(0);
  expect(pacer.take(30, 1_000)).toBe(0);
});

test("what does not fit waits until enough of it is a minute old", () => {
  const pacer = createPacer(60);
  pacer.take(30, 0);
  pacer.take(30, 10_000);
  expect(pacer.take(10, 20_000)).toBe(40_000);
  expect(pacer.take(50, 60_000)).toBe(10_000);
});

test("whatever is asked for, no minute holds more than its messages", () => {
  const pacer = createPacer(20);
  const sent: { at: number; messages: number }[] = [];
  let now = 0;
  for (let turn = 0; turn < 200; turn++) {
    const messages = 1 + ((turn * 7) % 20);
    now += (turn * 977) % 9_000;
    now += pacer.take(messages, now);
    sent.push({ at: now, messages });
  }
  for (const { at } of sent) {
    const minute = sent.filter((other) => other.at > at - 60_000 && other.at <= at);
    expect(minute.reduce((total, { messages }) => total + messages, 0)).toBeLessThanOrEqual(20);
  }
});

import { expect, test } from "vitest";
import { createClock } from "../testing/clock.ts";
import { createBell, type Ring } from "./bell.ts";
import type { SocketEvents } from "./ports.ts";

/** A bell whose every line is in the test's hands. `random` is the jitter. */
function createRig(random = 1) {
  const clock = createClock();
  const lines: (SocketEvents & { path: string; sent: string[]; isClosed: boolean })[] = [];
  const rings: Ring[] = [];
  let gone = 0;
  const connect = (path: string, events: SocketEvents) => {
    const line = { ...events, path, sent: [] as string[], isClosed: false };
    lines.push(line);
    return { send: (text: string) => void line.sent.push(text), close: () => void (line.isClosed = true) };
  };
  const ports = { connect, schedule: clock.schedule, random: () => random };
  const bell = createBell("c", ports, { onRing: (ring) => void rings.push(ring), onGone: () => void (gone += 1) });
  const line = () => lines.at(-1) ?? expect.fail("no line");
  return { bell, clock, lines, rings, line, timesGone: () => gone };
}

const RING = '{"rev":7,"live":"g"}';

test("it is heard from the first ring on, and rings are told", () => {
  const { bell, line, rings } = createRig();
  bell.open();
  expect(line().path).toBe("/api/conversations/c/bell");
  expect(bell.isHeard.value).toBe(false);
  line().onText(RING);
  line().onText('{"rev":8,"live":null}');
  expect(bell.isHeard.value).toBe(true);
  expect(rings).toEqual([
    { rev: 7, live: "g" },
    { rev: 8, live: null },
  ]);
});

test("opening it twice dials once; closing it hangs up, and nothing more is heard or dialled", async () => {
  const { bell, clock, line, lines, rings } = createRig();
  bell.open();
  bell.open();
  expect(lines).toHaveLength(1);
  line().onText(RING);
  bell.close();
  expect([line().isClosed, bell.isHeard.value]).toEqual([true, false]);
  line().onText(RING);
  line().onClose(1006);
  await clock.advance(600_000);
  expect([rings.length, lines.length]).toEqual([1, 1]);
});

test("a line that breaks is dialled again, after waits that double up to half a minute", async () => {
  const { bell, clock, line, lines } = createRig();
  const waits: number[] = [];
  bell.open();
  for (let count = 1; count <= 9; count++) {
    const lost = clock.now;
    line().onClose(1006);
    while (lines.length === count) await clock.advance(250);
    waits.push(clock.now - lost);
  }
  expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test("a line that was heard is dialled again within five seconds, since many may have broken at once; then as usual", async () => {
  const { bell, clock, line, lines } = createRig(0.5);
  bell.open();
  line().onText(RING);
  line().onClose(1006);
  await clock.advance(2_499);
  expect(lines).toHaveLength(1);
  await clock.advance(1);
  expect(lines).toHaveLength(2);
  line().onClose(1006);
  await clock.advance(250);
  expect(lines).toHaveLength(3);
});

test("whoever looks has a line that was heard dialled again at once", () => {
  const { bell, line, lines } = createRig();
  bell.open();
  line().onText(RING);
  line().onClose(1006);
  bell.nudge();
  expect(lines).toHaveLength(2);
});

test("the wait is jittered over its whole length", async () => {
  const { bell, clock, line, lines } = createRig(0);
  bell.open();
  line().onClose(1006);
  await clock.advance(0);
  expect(lines).toHaveLength(2);
});

test("a line that is not answered is given up", async () => {
  const { bell, clock, lines } = createRig();
  bell.open();
  await clock.advance(10_250);
  expect(lines.map(({ isClosed }) => isClosed)).toEqual([true, false]);
});

test("a quiet line is asked every half minute, and given up when it does not answer", async () => {
  const { bell, clock, line, lines, rings } = createRig();
  bell.open();
  line().onText(RING);
  await clock.advance(30_000);
  expect(line().sent).toEqual(["ping"]);
  line().onText("pong");
  await clock.advance(30_000);
  expect(line().sent).toEqual(["ping", "ping"]);
  expect(rings).toHaveLength(1);
  await clock.advance(9_999);
  expect(line().isClosed).toBe(false);
  await clock.advance(1);
  expect(line().isClosed).toBe(true);
  await clock.advance(5_000);
  expect(lines).toHaveLength(2);
});

test("a nudge ends a wait, and has an open line prove itself, once", async () => {
  const { bell, clock, line, lines } = createRig();
  bell.nudge();
  expect(lines).toHaveLength(0);
  bell.open();
  line().onClose(1006);
  bell.nudge();
  expect(lines).toHaveLength(2);
  line().onText(RING);
  bell.nudge();
  await clock.advance(6_000);
  bell.nudge();
  expect(line().sent).toEqual(["ping"]);
  await clock.advance(4_000);
  expect(line().isClosed).toBe(true);
  await clock.advance(5_000);
  expect(lines).toHaveLength(3);
});

test("the bell of a deleted conversation says so, once, and is silent for good", async () => {
  const { bell, clock, line, lines, timesGone } = createRig();
  bell.open();
  line().onText(RING);
  line().onClose(4404);
  line().onClose(4404);
  await clock.advance(600_000);
  expect([timesGone(), lines.length, bell.isHeard.value]).toEqual([1, 1, false]);
});

test("the bell of a deleted conversation says so before its line is down, and not twice", async () => {
  const { bell, clock, line, lines, rings, timesGone } = createRig();
  bell.open();
  line().onText(RING);
  line().onText('{"rev":9,"live":null,"deleted":true}');
  line().onClose(4404);
  await clock.advance(600_000);
  expect([timesGone(), lines.length, rings.length, bell.isHeard.value]).toEqual([1, 1, 1, false]);
});

test("whatever else is said is no ring, but a sign of life", () => {
  const { bell, line, rings } = createRig();
  bell.open();
  for (const text of ["pong", "", "{", "{}", '{"rev":"7"}', "null", "7"]) line().onText(text);
  expect(rings).toEqual([]);
  expect(bell.isHeard.value).toBe(true);
});

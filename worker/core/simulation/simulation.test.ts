// A hundred thousand histories of one conversation: tokens, faults, stops, crashes, zombies and readers that cut and come
// back, each held against the promises after every step. BRINK_SEED and BRINK_HISTORIES choose others.

import { expect, test } from "vitest";
import { createHistory } from "./history.ts";
import { describeFinding, simulate } from "./simulate.ts";

const seed = Number(process.env["BRINK_SEED"] ?? 1);
const histories = Number(process.env["BRINK_HISTORIES"] ?? 100_000);

test(`${histories} random histories break no promise, from seed ${seed} (promises 1, 2, 3, 4, 5, 6, 7, 8, 9)`, async () => {
  const { finding, events } = await simulate(seed, histories);
  expect(finding === null ? "" : describeFinding(finding)).toBe("");
  expect(events).toBeGreaterThan(histories * 8);
}, 600_000);

test("a seed tells the same history for ever, and another seed another", () => {
  expect(createHistory(7)).toEqual(createHistory(7));
  expect(createHistory(8)).not.toEqual(createHistory(7));
});

test("histories hold every kind of event and every ending", () => {
  const kinds = new Set<string>();
  const endings = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const { events, ending } = createHistory(seed);
    for (const { type } of events) kinds.add(type);
    endings.add(ending);
  }
  expect([...endings].sort()).toEqual(["crash", "finish", "silence", "stop"]);
  expect(kinds.size).toBe(12);
});

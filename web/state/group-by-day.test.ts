import { expect, test } from "vitest";
import type { ConversationItem } from "../../protocol/api.ts";
import { groupByDay } from "./group-by-day.ts";

const item = (when: Date): ConversationItem => ({
  id: when.toISOString(),
  title: "",
  model: "",
  createdAt: when.toISOString(),
  updatedAt: when.toISOString(),
  pinned: false,
  archived: false,
});

/** Days of the person's own clock, so built from it. */
const now = new Date(2026, 10, 20, 0, 30);
const namesOf = (days: Date[]) => groupByDay(days.map(item), now.getTime(), "en").map(({ name }) => name);

test("days are the calendar's, not stretches of 24 hours", () => {
  expect(
    namesOf([new Date(2026, 10, 20, 0, 1), new Date(2026, 10, 19, 23, 59), new Date(2026, 10, 18, 23, 59)]),
  ).toEqual(["Today", "Yesterday", "Last 7 days"]);
});

test("older ones stand under their month, and under its year when that is another", () => {
  expect(namesOf([new Date(2026, 10, 1), new Date(2026, 8, 3), new Date(2026, 8, 1), new Date(2025, 8, 1)])).toEqual([
    "Last 30 days",
    "September",
    "September 2025",
  ]);
});

test("order and number are kept, and a clock that runs behind the server's puts nothing in the past", () => {
  const days = [new Date(2026, 10, 20, 9), new Date(2026, 10, 20, 0), new Date(2026, 10, 19)];
  const groups = groupByDay(days.map(item), now.getTime(), "en");
  expect(groups.map(({ name, items }) => [name, items.length])).toEqual([
    ["Today", 2],
    ["Yesterday", 1],
  ]);
});

test("what was pinned stands first, however old, and in no other group", () => {
  const items = [item(new Date(2026, 10, 20)), item(new Date(2020, 1, 1)), item(new Date(2026, 10, 19))];
  Object.assign(items[1] ?? {}, { pinned: true });
  const groups = groupByDay(items, now.getTime(), "en").map(({ name, items }) => [name, items.length]);
  expect(groups).toEqual([
    ["Pinned", 1],
    ["Today", 1],
    ["Yesterday", 1],
  ]);
});

test("nothing has no groups", () => {
  expect(groupByDay([], now.getTime())).toEqual([]);
});

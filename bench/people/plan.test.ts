import { expect, test } from "vitest";
import { arrivalTimes, type Plan, questionsAMinute, usersAt } from "./plan.ts";

const stages = [
  { users: 10, forMs: 1_000 },
  { users: 10, forMs: 1_000 },
  { users: 0, forMs: 500 },
];

test("a stage moves evenly from as many as there were to its own number, and after the last nobody is there", () => {
  expect([0, 500, 1_000, 1_999, 2_250, 2_500, 9_000].map((at) => usersAt(stages, at))).toEqual([0, 5, 10, 10, 5, 0, 0]);
});

test("people come evenly within a phase, at the pace of that phase", () => {
  const phases = [
    { perSecond: 2, forMs: 1_000 },
    { perSecond: 4, forMs: 1_000 },
  ];
  expect(arrivalTimes(phases)).toEqual([0, 500, 1_000, 1_250, 1_500, 1_750]);
});

test("the questions of the fullest minute are what a limit is held against", () => {
  const planOf = (coming: Plan["coming"]): Plan => ({
    target: { type: "brink", url: "" },
    model: "",
    coming,
    opening: [],
    turns: [],
    faithful: 1,
    seed: 1,
  });
  const phases = [
    { perSecond: 1, forMs: 60_000 },
    { perSecond: 2, forMs: 120_000 },
  ];
  expect(questionsAMinute(planOf({ type: "arrivals", phases }), 0)).toBe(120);
  const stages = [
    { users: 10, forMs: 0 },
    { users: 10, forMs: 60_000 },
  ];
  expect(questionsAMinute(planOf({ type: "users", stages, pauseMs: 4_000 }), 2_000)).toBe(100);
});

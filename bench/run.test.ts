import { expect, test } from "vitest";
import { createRun } from "./figures.ts";
import { runScenario } from "./run.ts";
import type { Scenario } from "./scenarios/scenario.ts";

type Log = string[];

function createScenario(maxRepeats?: number): Scenario<Log> {
  let clock = 0;
  const measure = (name: string, share: number) => async (log: Log) => {
    log.push(name);
    clock += 10;
    return createRun({ wait: clock * share });
  };
  return {
    name: "waiting",
    columns: [],
    extras: [{ name: "wait", unit: "ms", compare: "ratio" }],
    ...(maxRepeats !== undefined && { maxRepeats }),
    describe: () => "Each waits.",
    cases: () => [
      {
        name: "a case",
        reference: "one",
        subjects: [
          { name: "one", measure: measure("one", 1) },
          { name: "two", measure: measure("two", 2) },
        ],
      },
    ],
  };
}
const options = { size: { isSmoke: false, streams: null }, onRun: () => undefined };

test("subjects take turns, and who begins changes with each repeat", async () => {
  const log: Log = [];
  const { cases } = await runScenario(log, createScenario(), { ...options, repeats: 3 });
  expect(log).toEqual(["one", "two", "two", "one", "one", "two"]);
  // 40 to 10, 60 to 40, 120 to 50: each beside the reference of its own repeat.
  expect(cases[0]?.subjects[1]).toMatchObject({ name: "two", summary: { extra: { wait: { ratio: 2.4 } } } });
});

test("a scenario that allows fewer repeats has them, and says so", async () => {
  const log: Log = [];
  const report = await runScenario(log, createScenario(1), { ...options, repeats: 3 });
  expect(log).toEqual(["one", "two"]);
  expect(report.description).toBe("Each waits. Measured once.");
});

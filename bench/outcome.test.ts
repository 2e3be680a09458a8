import { expect, test } from "vitest";
import { exitCodeOf } from "./outcome.ts";
import type { Results } from "./results.ts";
import { createResults, createRunOf } from "./test-results.ts";

// Everything that is asked of the cached answer, and nothing else.
function runOf(firstMs: number | null, scenario = "cached", failures: string[] = []): Results {
  const subjects = {
    pipe: [{ ...createRunOf({ firstP50Ms: 50 }), failures }],
    "Brink, cached": [createRunOf({ firstP50Ms: firstMs })],
  };
  return createResults([{ scenario, case: "1 stream", reference: "pipe", subjects }]);
}

test("a check passes where all that was due is measured and met", () => {
  expect(exitCodeOf([runOf(20)], { check: true })).toBe(0);
});

test.for([
  ["a figure is missed", runOf(60)],
  ["a figure could not be read", runOf(null)],
  ["nothing was judged", runOf(20, "burst")],
  ["a stream of a stored run failed, whatever the figures", runOf(20, "cached", ["wrong text"])],
] as const)("a check fails where %s", ([, run]) => {
  expect(exitCodeOf([run], { check: true })).toBe(1);
});

test("without a check only failed streams fail", () => {
  expect(exitCodeOf([runOf(60)], { check: false })).toBe(0);
  expect(exitCodeOf([runOf(20, "cached", ["wrong text"])], { check: false })).toBe(1);
});

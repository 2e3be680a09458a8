import { expect, test } from "vitest";
import { extraColumns, formatExtra } from "./columns.ts";
import type { ExtraFigure } from "./extra.ts";
import { createRun, summarize } from "./figures.ts";

const runs = [createRun({ "list p95": 12, errors: 0 }), createRun({ "list p95": 30, errors: null })];
const references = [createRun({ "list p95": 10 }), createRun({ "list p95": 20 })];

test("a scenario's own figure is a median, and is held against the reference within a repeat", () => {
  expect(summarize(runs, references).extra).toEqual({
    "list p95": { value: 21, added: 6, ratio: 1.35 },
    errors: { value: 0, added: null, ratio: null },
  });
});

test("it has a column, and one more for what it is held against", () => {
  const extra: ExtraFigure = { name: "list p95", unit: "ms", compare: "added" };
  expect(extraColumns(extra)).toEqual(["list p95", "added list p95"]);
  expect(formatExtra(extra, summarize(runs, references), false)).toEqual(["21.0 ms", "+6.0 ms"]);
  expect(formatExtra(extra, summarize(references, references), true)).toEqual(["15.0 ms", ""]);
  expect(formatExtra({ ...extra, compare: "ratio" }, summarize(runs, references), false)[1]).toBe("1.35");
});

test("one that no run carried is an empty cell", () => {
  expect(formatExtra({ name: "slope", unit: "%" }, summarize(runs, []), false)).toEqual([""]);
});

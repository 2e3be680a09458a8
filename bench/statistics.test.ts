import { expect, test } from "vitest";
import { median, quantile } from "./statistics.ts";

test("a quantile lies between its two neighbours, in whatever order the values come", () => {
  expect(quantile([40, 10, 30, 20], 0.5)).toBe(25);
  expect(quantile([40, 10, 30, 20], 0)).toBe(10);
  expect(quantile([40, 10, 30, 20], 1)).toBe(40);
  expect(quantile([10, 20], 0.95)).toBeCloseTo(19.5);
});

test("nothing has no quantile, and one value is every quantile of itself", () => {
  expect(median([])).toBeNull();
  expect(quantile([7], 0.95)).toBe(7);
});

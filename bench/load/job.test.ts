import { expect, test } from "vitest";
import { arrivals } from "./job.ts";

test("arrivals are spread evenly over the window, and without one they all come at once", () => {
  expect(arrivals(4, 2_000)).toEqual([0, 500, 1_000, 1_500]);
  expect(arrivals(3, 0)).toEqual([0, 0, 0]);
});

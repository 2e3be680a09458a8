import { expect, test } from "vitest";
import { within } from "./within.ts";

test("what ends in time is passed on, and what does not is refused in a sentence", async () => {
  expect(await within(60_000, "it", Promise.resolve(7))).toBe(7);
  await expect(within(1, "it", new Promise(() => undefined))).rejects.toThrow("it did not end within 0.001 s");
});

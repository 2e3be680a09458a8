import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { StartError } from "../dev/start-error.ts";
import { chooseStateParent } from "./state-parent.ts";

test("state is kept in memory where there is room for it, else on disk", () => {
  expect(chooseStateParent(null, () => 2 ** 30)).toBe("/dev/shm");
  expect(chooseStateParent(null, () => 64 * 2 ** 20)).toBe(tmpdir());
});

test("a folder that was named is taken as it is, and has to be there", () => {
  expect(chooseStateParent(import.meta.dirname, () => 0)).toBe(import.meta.dirname);
  expect(() => chooseStateParent("/nowhere/at/all", () => 2 ** 30)).toThrow(StartError);
});

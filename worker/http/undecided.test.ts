import { expect, test } from "vitest";
import { noteDecided, noteUndecided } from "./undecided.ts";

test("starts that are out for a verdict count by user, until it is in", () => {
  expect([noteUndecided("a", 0), noteUndecided("a", 5), noteUndecided("b", 5)]).toEqual([0, 1, 0]);
  noteDecided("a", 0);
  expect(noteUndecided("a", 6)).toBe(1);
});

test("a start whose request was ended without a word does not count for ever", () => {
  noteUndecided("gone", 0);
  expect(noteUndecided("gone", 9_999)).toBe(1);
  expect(noteUndecided("gone", 20_000)).toBe(0);
});

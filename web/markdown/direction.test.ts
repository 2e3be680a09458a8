import { expect, test } from "vitest";
import { directionOf } from "./direction.ts";

test.for([
  ["hello", "ltr"],
  ["12, (مرحبا) and", "rtl"],
  ["שלום", "rtl"],
  ["𞤀𞤣", "rtl"],
  ["日本語 العربية", "ltr"],
  ["1 + 2 = 3 😀", null],
] as const)("%s runs %s", ([text, direction]) => {
  expect(directionOf(text)).toBe(direction);
});

import { expect, test } from "vitest";
import { formatMarkdownTable, formatTable } from "./table.ts";

test("figures stand under each other, to the right, and names to the left", () => {
  expect(
    formatTable(
      ["name", "ms"],
      [
        ["a", "9.5"],
        ["bcdef", "100.0"],
      ],
    ),
  ).toBe(["name      ms", "-----  -----", "a        9.5", "bcdef  100.0"].join("\n"));
});

test("a column in which nobody says anything is left out", () => {
  expect(formatTable(["name", "n/a", "ms"], [["a", "", "1"], ["b"]])).toBe("name  ms\n----  --\na      1\nb");
});

test("in Markdown the names are to the left as well, and a bar in a cell is no border", () => {
  expect(formatMarkdownTable(["", "who", "ms", "n/a"], [["case", "a|b", "1.5", ""]], 2)).toBe(
    ["|  | who | ms |", "| :-- | :-- | --: |", "| case | a\\|b | 1.5 |"].join("\n"),
  );
});

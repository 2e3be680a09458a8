import { expect, test } from "vitest";
import { OptionError, parseOptions } from "./options.ts";

const known = ["paced", "saturation"];

test("without options the first scenario is measured three times", () => {
  expect(parseOptions([], known)).toMatchObject({ scenarios: ["paced"], repeats: 3, streams: null, isSmoke: false });
});

test("a smoke run measures once, unless told otherwise", () => {
  expect(parseOptions(["--smoke"], known).repeats).toBe(1);
  expect(parseOptions(["--smoke", "--repeats", "2"], known).repeats).toBe(2);
});

test("scenarios and stream counts come as lists", () => {
  const options = parseOptions(["--scenario", "saturation,paced", "--streams", "1,50"], known);
  expect(options).toMatchObject({ scenarios: ["saturation", "paced"], streams: [1, 50] });
  expect(parseOptions(["--scenario", "all"], known).scenarios).toEqual(known);
});

test.for([
  ["--scenario", "pace"],
  ["--streams", "1,,2"],
  ["--streams", "0"],
  ["--streams", "6000"],
  ["--repeats", "1.5"],
  ["--fast"],
  ["paced"],
])("%o is refused in one sentence", (args) => {
  expect(() => parseOptions(args, known)).toThrow(OptionError);
  expect(() => parseOptions(args, known)).toThrow(/^[^\n]+$/);
});

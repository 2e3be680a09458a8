import { expect, test } from "vitest";
import { describeUsage, OptionError, parseOptions } from "./options.ts";

const known = [
  { name: "paced", isJudged: true },
  { name: "saturation" },
  { name: "soak", isLong: true, isJudged: true },
  { name: "edge-100", isLong: true, isJudged: true, isProfile: true },
];

test("without options the first scenario is measured five times", () => {
  expect(parseOptions([], known)).toMatchObject({ scenarios: ["paced"], repeats: 5, streams: null, isSmoke: false });
});

test("a smoke run measures once, unless told otherwise", () => {
  expect(parseOptions(["--smoke"], known).repeats).toBe(1);
  expect(parseOptions(["--smoke", "--repeats", "2"], known).repeats).toBe(2);
});

test("scenarios and stream counts come as lists", () => {
  const options = parseOptions(["--scenario", "saturation,paced", "--streams", "1,50"], known);
  expect(options).toMatchObject({ scenarios: ["saturation", "paced"], streams: [1, 50] });
});

test("all are those that do not take minutes; the others are named", () => {
  expect(parseOptions(["--scenario", "all"], known).scenarios).toEqual(["paced", "saturation"]);
  expect(parseOptions(["--scenario", "soak"], known).scenarios).toEqual(["soak"]);
});

test("a check without a name runs all that is judged, however long it takes", () => {
  expect(parseOptions(["--check"], known).scenarios).toEqual(["paced", "soak", "edge-100"]);
  expect(parseOptions(["--check", "--scenario", "paced"], known).scenarios).toEqual(["paced"]);
});

test("runs of before are judged or reported in place of a new one", () => {
  expect(parseOptions(["--report", "a.json", "b.json"], known)).toMatchObject({
    report: true,
    check: false,
    files: ["a.json", "b.json"],
  });
  expect(parseOptions(["--check"], known)).toMatchObject({ check: true, files: [] });
});

test("a deployment is named by its address, and measured fewer times", () => {
  expect(parseOptions(["--url", "https://brink.example/"], known)).toMatchObject({
    url: "https://brink.example",
    repeats: 3,
  });
});

test("a deployment takes a load profile by its name, and is judged by that", () => {
  expect(parseOptions(["--url", "https://brink.example", "--scenario", "edge-100", "--check"], known)).toMatchObject({
    scenarios: ["edge-100"],
    check: true,
  });
  expect(parseOptions(["--url", "https://brink.example"], known).scenarios).toEqual([]);
});

test.for([
  ["--scenario", "pace"],
  ["--streams", "1,,2"],
  ["--streams", "0"],
  ["--streams", "6000"],
  ["--repeats", "1.5"],
  ["--fast"],
  ["paced"],
  ["--smoke", "--check"],
  ["--smoke", "--report"],
  ["--url", "brink.example"],
  ["--url", "ftp://brink.example"],
  ["--url", "https://brink.example/api"],
  ["--url", "https://brink.example", "--far"],
  ["--url", "https://brink.example", "--check"],
  ["--url", "https://brink.example", "--smoke"],
  ["--url", "https://brink.example", "--scenario", "soak"],
  ["--url", "https://brink.example", "--scenario", "all"],
  ["--url", "https://brink.example", "--streams", "1001"],
])("%o is refused in one sentence", (args) => {
  expect(() => parseOptions(args, known)).toThrow(OptionError);
  expect(() => parseOptions(args, known)).toThrow(/^[^\n]+$/);
});

test("a profiled run may be kept and reported, and is not judged", () => {
  expect(parseOptions(["--profile", "--json", "a.json"], known)).toMatchObject({
    isProfiled: true,
    jsonPath: "a.json",
  });
  expect(() => parseOptions(["--profile", "--check"], known)).toThrow(OptionError);
});

test("the help names every scenario, and says which take minutes", () => {
  expect(describeUsage(known)).toMatch(/Scenarios: paced, saturation;\n.* take minutes: soak, edge-100\.\n$/);
});

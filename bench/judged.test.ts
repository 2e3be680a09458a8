import { expect, test } from "vitest";
import { isJudged, splitRuns } from "./judged.ts";
import { parseOptions } from "./options.ts";
import { scenarios } from "./scenarios/index.ts";

const known = scenarios.map(({ name, isLong = false }) => ({ name, isLong, isJudged: isJudged(name) }));
const splitOf = (...args: string[]) =>
  splitRuns(parseOptions(args, known)).map((run) => ({ isFar: run.isFar, scenarios: run.scenarios }));

test("one check measures every judged scenario, far where a threshold asks for it", () => {
  const [far, near] = splitOf("--check");
  expect(far).toEqual({ isFar: true, scenarios: ["paced", "starts"] });
  expect(near?.isFar).toBe(false);
  expect(near?.scenarios).toEqual(expect.arrayContaining(["page", "soak", "deploy", "resume", "edge-100"]));
  expect(near?.scenarios).not.toContain("burst");
});

test("a scenario that is named for a check has its database as far away as its thresholds ask for", () => {
  expect(splitOf("--check", "--scenario", "paced")).toEqual([{ isFar: true, scenarios: ["paced"] }]);
  expect(splitOf("--check", "--scenario", "page")).toEqual([{ isFar: false, scenarios: ["page"] }]);
});

test("what is not judged is measured as it was asked for, in one run", () => {
  expect(splitOf("--scenario", "paced,page")).toEqual([{ isFar: false, scenarios: ["paced", "page"] }]);
  expect(splitOf("--scenario", "paced,page", "--far")).toEqual([{ isFar: true, scenarios: ["paced", "page"] }]);
});

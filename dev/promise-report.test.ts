import { expect, test } from "vitest";
import { aggregate, formatReport, parseReport, PROMISES, readTags, type TestReport } from "./promise-report.ts";

type Assertion = TestReport["testResults"][number]["assertionResults"][number];

const reportOf = (assertionResults: Assertion[], status = "passed"): TestReport => ({
  testResults: [{ name: "/repo/worker/a.test.ts", status, assertionResults }],
});
const passed = (fullName: string): Assertion => ({ fullName, status: "passed" });
const all = `everything holds (promises ${PROMISES.map((_, index) => index + 1).join(", ")})`;

test("a title names promises at its end, in one form", () => {
  expect(readTags("a stop stays (promise 6)")).toEqual([6]);
  expect(readTags("all converge (promises 1, 3, 12)")).toEqual([1, 3, 12]);
  for (const title of [
    "a promise 6",
    "(promise 6) is kept",
    "x (promise six)",
    "x (promises 1 and 2)",
    "x (promise 1,2)",
  ])
    expect(readTags(title), title).toEqual([]);
});

test("when each promise has a test that passed there is nothing to complain of", () => {
  const result = aggregate(reportOf([passed(all), passed("more (promise 6)"), passed("untagged")]), "/repo");
  expect(result.complaints).toEqual([]);
  expect(result.promises.map(({ proofs }) => proofs.length)).toEqual([1, 1, 1, 1, 1, 2, ...Array<number>(10).fill(1)]);
  const text = formatReport(result);
  expect(text).toContain(" 6  A reader leaving never ends");
  expect(text).toContain("    2 tests: 2 passed\n      + worker/a.test.ts: everything holds");
  expect(text).toMatch(/All 16 promises are proven\.$/);
});

test("a failed test breaks its promise, whatever else passed", () => {
  const { complaints } = aggregate(reportOf([passed(all), { fullName: "x (promise 3)", status: "failed" }]), "/repo");
  expect(complaints).toEqual(["promise 3 is broken: 1 of its tests failed"]);
});

test("a promise without a test, or with skipped ones only, is not proven", () => {
  const but4 = passed(all.replace(" 4,", ""));
  expect(aggregate(reportOf([but4]), "/repo").complaints).toEqual(["promise 4 is proven by no test"]);
  const skipped = { fullName: "y (promise 4)", status: "skipped" };
  expect(aggregate(reportOf([but4, skipped]), "/repo").complaints).toEqual(["promise 4 is proven by no test"]);
});

test("a file that could not be run and a promise that does not exist are told", () => {
  const report = reportOf([passed(all), passed("z (promise 17)")]);
  const unread = { name: "/repo/worker/b.test.ts", status: "failed", assertionResults: [] };
  const unset = { name: "/repo/worker/c.test.ts", status: "failed", assertionResults: [passed("q")] };
  expect(aggregate({ testResults: [...report.testResults, unread, unset] }, "/repo").complaints).toEqual([
    "worker/a.test.ts: there is no promise 17: z (promise 17)",
    "worker/b.test.ts could not be run",
    "worker/c.test.ts could not be run",
  ]);
});

test("what is no report is not read as an empty one", () => {
  for (const text of ["", "{}", "[]", '{"testResults":[{}]}', '{"testResults":{}}'])
    expect(parseReport(text), text).toBeNull();
  expect(parseReport(JSON.stringify(reportOf([passed("a")])))).toEqual(reportOf([passed("a")]));
});

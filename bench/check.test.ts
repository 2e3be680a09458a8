import { expect, test } from "vitest";
import { formatJudgements, isAllMet, judge } from "./check.ts";
import { scenarios } from "./scenarios/index.ts";
import { createResults, createRunOf, type Measured } from "./test-results.ts";
import { type Threshold, thresholds } from "./thresholds.ts";

const place = { scenario: "paced", case: "200 streams", subject: "Brink" };
const cpu: Threshold = {
  says: "CPU a token",
  ...place,
  figure: "× CPU a token",
  unit: "×",
  bound: { atMost: 2.7 },
  pairs: 2,
};
const speed: Threshold = { says: "tokens", ...place, figure: "× tokens/s", unit: "×", bound: { atLeast: 0.7 } };
const first: Threshold = {
  says: "first token",
  ...place,
  figure: "added first p50",
  unit: "ms",
  bound: { atMost: 12 },
  isFar: true,
};

const measured = (brink: Measured, pipe: Measured, repeats = 2, direct: Measured = pipe) => ({
  scenario: "paced",
  case: "200 streams",
  reference: "pipe",
  subjects: {
    direct: Array.from({ length: repeats }, () => createRunOf(direct)),
    pipe: Array.from({ length: repeats }, () => createRunOf(pipe)),
    Brink: Array.from({ length: repeats }, () => createRunOf(brink)),
  },
});

test("a figure within its bound is met, and one past it is missed, by so much", () => {
  const within = createResults([measured({ cpuPerThousandTokens: 0.05 }, { cpuPerThousandTokens: 0.02 })]);
  expect(isAllMet(judge([within], [cpu]))).toBe(true);
  const past = createResults([measured({ cpuPerThousandTokens: 0.06 }, { cpuPerThousandTokens: 0.02 })]);
  expect(isAllMet(judge([past], [cpu]))).toBe(false);
  expect(formatJudgements(judge([past], [cpu]), [past])).toBe(
    "MISSED  CPU a token (≤ 2.70 ×): 3.00 ×, missed by 0.30 ×\n0 met, 1 missed, 0 not measured",
  );
});

test("a bound may be a least", () => {
  const slow = createResults([measured({ tokensPerSecond: 60 }, { tokensPerSecond: 100 })]);
  const quick = createResults([measured({ tokensPerSecond: 80 }, { tokensPerSecond: 100 })]);
  expect(isAllMet(judge([slow], [speed]))).toBe(false);
  expect(isAllMet(judge([quick], [speed]))).toBe(true);
});

test("what was not measured of a scenario that was run is said to be so, and fails", () => {
  const other = createResults([{ ...measured({}, {}), case: "1 stream" }]);
  const judgements = judge([other], [cpu, first]);
  expect(isAllMet(judgements)).toBe(false);
  expect(formatJudgements(judgements, [other])).toBe(
    "-       CPU a token (≤ 2.70 ×): not measured\n" +
      "-       first token (≤ 12.0 ms): not measured (with --far)\n" +
      "0 met, 0 missed, 2 not measured. Nothing was judged: no threshold has a verdict.",
  );
});

test("a figure that could not be read fails, whatever else is met", () => {
  const withoutCpu = createResults([measured({ tokensPerSecond: 80 }, { tokensPerSecond: 100 })]);
  expect(isAllMet(judge([withoutCpu], [speed]))).toBe(true);
  expect(isAllMet(judge([withoutCpu], [speed, cpu]))).toBe(false);
});

test("what belongs to a scenario that was not run fails nothing, but a run in which nothing is judged does", () => {
  const run = createResults([measured({ tokensPerSecond: 80 }, { tokensPerSecond: 100 })]);
  const elsewhere: Threshold = { ...cpu, scenario: "soak" };
  expect(isAllMet(judge([run], [speed, elsewhere]))).toBe(true);
  expect(formatJudgements(judge([run], [speed, elsewhere]), [run])).toContain(
    "1 met, 0 missed, 0 not measured; 1 are of scenarios that were not run",
  );
  expect(isAllMet(judge([run], [elsewhere]))).toBe(false);
  expect(isAllMet(judge([createResults([])]))).toBe(false);
});

test("what is within its bound is not met by fewer pairs than are asked for", () => {
  const once = createResults([measured({ cpuPerThousandTokens: 0.05 }, { cpuPerThousandTokens: 0.02 }, 1)]);
  expect(isAllMet(judge([once], [cpu]))).toBe(false);
  expect(formatJudgements(judge([once], [cpu]), [once])).toBe(
    "FEW     CPU a token (≤ 2.70 ×): 2.50 ×, of 1 pair where 2 are asked for\n" +
      "0 met, 0 missed, 1 of too few pairs, 0 not measured",
  );
});

test("a repeat in which the figure could not be read is no pair", () => {
  const one = measured({ cpuPerThousandTokens: 0.05 }, { cpuPerThousandTokens: 0.02 });
  const [first = createRunOf({})] = one.subjects.pipe;
  const holed = { ...one, subjects: { ...one.subjects, pipe: [first, createRunOf({})] } };
  expect(judge([createResults([holed])], [cpu])[0]?.verdicts).toMatchObject([{ pairs: 1, isMet: false }]);
});

test("one that is held against another subject than the reference is held against that one", () => {
  const total: Threshold = { ...cpu, figure: "× total p50", bound: { atMost: 1.1 }, against: "direct" };
  const run = createResults([measured({ totalP50Ms: 120 }, { totalP50Ms: 120 }, 2, { totalP50Ms: 100 })]);
  expect(judge([run], [total])[0]?.verdicts).toMatchObject([{ value: 1.2, isMet: false }]);
});

test("the first token is judged only where database and Redis are away", () => {
  const cases = [measured({ firstP50Ms: 90 }, { firstP50Ms: 50 })];
  expect(judge([createResults(cases)], [first])[0]?.verdicts).toEqual([]);
  expect(judge([createResults(cases, { isFar: true })], [first])[0]?.verdicts).toMatchObject([{ value: 40 }]);
});

test("runs are judged each by itself, and a disk's only where there is no other", () => {
  const good = createResults([measured({ tokensPerSecond: 80 }, { tokensPerSecond: 100 })]);
  const bad = createResults([measured({ tokensPerSecond: 50 }, { tokensPerSecond: 100 })]);
  const onDisk = createResults([measured({ tokensPerSecond: 9 }, { tokensPerSecond: 100 })], { isTmpfs: false });
  expect(judge([good, bad, onDisk], [speed])[0]?.verdicts.map(({ value }) => value)).toEqual([0.8, 0.5]);
  expect(judge([onDisk], [speed])[0]?.verdicts.map(({ value }) => value)).toEqual([0.09]);
});

test("a profiled run is not judged: perf takes some of the CPU", () => {
  const profiled = createResults([measured({ tokensPerSecond: 50 }, { tokensPerSecond: 100 })], { isProfiled: true });
  expect(judge([profiled], [speed])[0]?.verdicts).toEqual([]);
});

test("a deployment is held against what is absolute, and against nothing that has a reference", () => {
  const outside = createResults([measured({ firstP95Ms: 400, tokensPerSecond: 50 }, {})], { url: "https://a.example" });
  const absolute: Threshold = { ...first, figure: "first p95", bound: { atMost: 500 }, isFar: false, isOutside: true };
  expect(judge([outside], [absolute])[0]?.verdicts).toMatchObject([{ value: 400, isMet: true }]);
  expect(judge([outside], [speed])[0]?.verdicts).toEqual([]);
});

test("a text that is wrong misses a threshold on exactness", () => {
  const exact: Threshold = { ...cpu, figure: "not exact", unit: "count", bound: { atMost: 0 } };
  const one = measured({}, {});
  const wrong = { ...createRunOf({}), failures: ["wrong text"] };
  expect(isAllMet(judge([createResults([one])], [exact]))).toBe(true);
  const failed = { ...one, subjects: { ...one.subjects, Brink: [wrong] } };
  expect(isAllMet(judge([createResults([failed])], [exact]))).toBe(false);
});

test.for(thresholds.map((threshold) => [threshold.says, threshold] as const))(
  "the threshold on %s names what its scenario measures by itself",
  ([, threshold]) => {
    const scenario = scenarios.find(({ name }) => name === threshold.scenario);
    const cases = scenario?.cases({ isSmoke: false, streams: null }) ?? [];
    const one = cases.find(({ name }) => name === threshold.case);
    const subjects = one?.subjects.map(({ name }) => name);
    expect(subjects).toContain(threshold.subject);
    if (threshold.against !== undefined) expect(subjects).toContain(threshold.against);
    if (typeof threshold.figure === "string") return;
    expect(scenario?.extras?.map(({ name }) => name)).toContain(threshold.figure.extra);
  },
);

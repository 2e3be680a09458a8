import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatReport, writeReport } from "./markdown.ts";
import { OptionError } from "./options.ts";
import { readResults, refuseUnwritable, writeResults } from "./results.ts";
import { createResults, createRunOf, type MeasuredCase } from "./test-results.ts";

const measured = (streams: string, firstMs: number, cpuSeconds: number): MeasuredCase => ({
  scenario: "paced",
  case: `${streams} streams`,
  reference: "pipe",
  subjects: {
    pipe: [createRunOf({ firstP50Ms: 50, cpuSeconds: 1, cpuPerThousandTokens: 1 })],
    Brink: [createRunOf({ firstP50Ms: firstMs, cpuSeconds, cpuPerThousandTokens: cpuSeconds })],
  },
});
const near = createResults([measured("200", 60, 2)], { command: "npm run bench -- --scenario paced" });
const onDisk = createResults([measured("200", 900, 8)], { isTmpfs: false, stateParent: "/tmp" });
const far = createResults([measured("1,000", 80, 3)], { isFar: true });

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "brink-report-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("each run stands under its own conditions, with how it is made again", () => {
  const report = formatReport([near, onDisk]);
  expect(report).toContain("## Run 1: limits off, database and Redis near; state on tmpfs");
  expect(report).toContain("`npm run bench -- --scenario paced`");
  expect(report).toContain("| 200 streams | pipe | 50.0 ms |  |  |  | 10/10 |");
  expect(report).toContain("|  | Brink | 60.0 ms | +10.0 ms | 2.00 | 2.00–2.00 | 10/10 |");
  expect(report).toContain("## Run 2: limits off, database and Redis near; state on disk");
  expect(report).toContain("|  | Brink | 900.0 ms | +850.0 ms | 8.00 | 8.00–8.00 | 10/10 |");
});

test("thresholds are told met or missed, with the run that shows it", () => {
  const report = formatReport([near, far]);
  expect(report).toContain(
    "| CPU a token, 200 streams | too few pairs | ≤ 2.70 × | 2.00 ×, of 1 pair where 5 are asked for | 1 |",
  );
  expect(report).toContain("| CPU a token, 1,000 streams | **missed** | ≤ 1.80 × | 3.00 ×, missed by 1.20 ×");
});

test("beside a threshold stands what a bare object takes, and how fast the machine was", () => {
  const measuredWithFloor = measured("200", 60, 2);
  measuredWithFloor.subjects["bare object"] = [
    createRunOf({ firstP50Ms: 55, cpuSeconds: 1.5, cpuPerThousandTokens: 1.5 }),
  ];
  const report = formatReport([createResults([measuredWithFloor])]);
  expect(report).toContain("2.00 ×, of 1 pair where 5 are asked for | 1.50 × |");
  expect(report).toContain("The pipe takes 1.000 CPU-seconds per thousand tokens at 200 streams here");
});

test("a profiled run says where the CPU of each subject went, and how much of it was seen", () => {
  const run = createRunOf({ cpuSeconds: 0.02 });
  const profiled = { ...run, profile: { kernel: 0.004, V8: 0.012 } };
  const starts: MeasuredCase = {
    scenario: "starts",
    case: "10 starts",
    reference: null,
    subjects: { Brink: [profiled] },
  };
  const report = formatReport([createResults([starts], { isProfiled: true })]);
  expect(report).toContain("## Run 1: profiled; ");
  expect(report).toContain("| kernel | V8 | JavaScript |");
  expect(report).toContain("| 10 starts | Brink | 400 | 1,200 | 0 |");
  expect(report).toContain("| 1,600 | 80 % |");
});

test("a chart has a bar for each figure of the runs that are judged, and its threshold", () => {
  writeReport(directory, [near, onDisk, far]);
  const chart = readFileSync(join(directory, "charts", "cpu.svg"), "utf8");
  expect(chart).toContain("2.00 × (≤ 2.70 ×)");
  expect(chart).toContain("3.00 × (≤ 1.80 ×)");
  expect(chart).not.toContain("8.00");
  expect(chart.match(/<rect /g)).toHaveLength(2);
});

test("the report shows the charts that were written, and none that an earlier one left", () => {
  writeReport(directory, [near, far]);
  writeFileSync(join(directory, "charts", "old.svg"), "");
  writeReport(directory, [near, far]);
  const report = readFileSync(join(directory, "REPORT.md"), "utf8");
  const shown = [...report.matchAll(/\]\(charts\/(.+)\)/g)].map(([, file]) => file);
  expect(shown.length).toBeGreaterThan(0);
  expect(readdirSync(join(directory, "charts")).sort()).toEqual(shown.sort());
});

test("a run is read as it was written, and what is no run is refused in a sentence", () => {
  const path = join(directory, "run.json");
  writeResults(path, [near]);
  expect(readResults(path)).toEqual([near]);
  writeResults(path, [near, far]);
  expect(readResults(path)).toEqual([near, far]);
  writeFileSync(path, JSON.stringify({ ...near, format: 1 }));
  expect(() => readResults(path)).toThrow(OptionError);
  writeFileSync(path, "not JSON");
  expect(() => readResults(path)).toThrow(OptionError);
  expect(() => readResults(join(directory, "absent.json"))).toThrow(/^[^\n]+$/);
});

test("a path that cannot be written is refused in a sentence, and one that can is left as it is", () => {
  const path = join(directory, "run.json");
  writeResults(path, [near]);
  refuseUnwritable(path);
  expect(readResults(path)).toEqual([near]);
  expect(() => refuseUnwritable(join(directory, "absent", "run.json"))).toThrow(OptionError);
});

test("a smoke run is not reported", () => {
  expect(() => writeReport(directory, [createResults([], { isSmoke: true })])).toThrow(OptionError);
  expect(readdirSync(directory)).toEqual([]);
});

// The report: a table for each scenario, every figure a median over the repeats, every ratio taken within a repeat.

import type { Summary } from "./figures.ts";
import { formatTable } from "./table.ts";

export type CaseReport = { name: string; reference: string; subjects: { name: string; summary: Summary }[] };
export type ScenarioReport = { name: string; description: string; cases: CaseReport[] };

const HEADER = [
  "",
  "",
  "first p50",
  "first p95",
  "added p50",
  "added p95",
  "total p50",
  "tokens/s",
  "× ref",
  "CPU-s/1k",
  "× ref",
  "(spread)",
  "CPU ms/stream",
  "MB/stream",
  "exact",
];

export function formatScenario({ name, description, cases }: ScenarioReport): string {
  const rows = cases.flatMap(({ name: caseName, reference, subjects }) =>
    subjects.map((subject, index) => [
      index === 0 ? caseName : "",
      subject.name,
      ...cellsOf(subject.summary, subject.name === reference),
    ]),
  );
  return `${name}: ${description}\n\n${formatTable(HEADER, rows)}`;
}

function cellsOf({ figures, ratios, cpuRatioSpread, ...summary }: Summary, isReference: boolean): string[] {
  const besides = (text: string) => (isReference ? "" : text);
  const [least, most] = cpuRatioSpread ?? [null, null];
  return [
    milliseconds(figures.firstP50Ms),
    milliseconds(figures.firstP95Ms),
    besides(signed(summary.addedFirstP50Ms)),
    besides(signed(summary.addedFirstP95Ms)),
    milliseconds(figures.totalP50Ms),
    figures.tokensPerSecond === null ? "" : Math.round(figures.tokensPerSecond).toLocaleString("en"),
    besides(fixed(ratios.tokensPerSecond, 2)),
    fixed(figures.cpuPerThousandTokens, 3),
    besides(fixed(ratios.cpuPerThousandTokens, 2)),
    besides(least === null || most === null ? "" : `${fixed(least, 2)}–${fixed(most, 2)}`),
    fixed(figures.cpuMsPerStream, 1),
    fixed(figures.megabytesPerStream, 2),
    `${summary.streams - summary.failures.length}/${summary.streams}`,
  ];
}

function milliseconds(value: number | null): string {
  return value === null ? "" : `${value < 1_000 ? value.toFixed(1) : Math.round(value).toLocaleString("en")} ms`;
}

function signed(value: number | null): string {
  return value === null ? "" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)} ms`;
}

function fixed(value: number | null, digits: number): string {
  return value === null ? "" : value.toFixed(digits);
}

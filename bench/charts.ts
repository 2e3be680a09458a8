// The report's charts. A bar is one figure of one run: bars of several runs may stand below each other, never one of
// them in relation to another.

import { describeBound, findCases, judgedRuns } from "./check.ts";
import { formatValue } from "./columns.ts";
import type { Unit } from "./extra.ts";
import type { Summary } from "./figures.ts";
import type { Results } from "./results.ts";
import { drawBars, type Bar } from "./svg-bars.ts";
import { type Figure, figureOf, isWithin, thresholds } from "./thresholds.ts";

type Chart = {
  file: string;
  title: string;
  scenario: string;
  figure: Figure;
  unit: Unit;
  subjects: readonly string[];
  /** Which of its names tells a bar from the others. */
  labelBy: "case" | "subject";
  rangeOf?: (summary: Summary) => readonly [number, number] | null;
  isFar?: boolean;
};

const cpuRange = ({ cpuRatioSpread }: Summary) => cpuRatioSpread;

const charts: readonly Chart[] = [
  {
    file: "first-token.svg",
    title: "Added to the first token, over the pipe",
    scenario: "paced",
    figure: "added first p50",
    unit: "ms",
    subjects: ["Brink"],
    labelBy: "case",
    isFar: true,
  },
  {
    file: "cpu.svg",
    title: "CPU a token, to the pipe's",
    scenario: "paced",
    figure: "× CPU a token",
    unit: "×",
    subjects: ["Brink"],
    labelBy: "case",
    rangeOf: cpuRange,
  },
  {
    file: "memory.svg",
    title: "Memory a live conversation",
    scenario: "paced",
    figure: "MB a stream",
    unit: "MB",
    subjects: ["Brink"],
    labelBy: "case",
  },
  {
    file: "saturation.svg",
    title: "Tokens a second when nothing is paced, to the pipe's",
    scenario: "saturation",
    figure: "× tokens/s",
    unit: "×",
    subjects: ["Brink"],
    labelBy: "case",
  },
  {
    file: "fan-out.svg",
    title: "CPU of many readers of an answer, to that of one",
    scenario: "fan-out",
    figure: "× CPU",
    unit: "×",
    subjects: ["4 readers", "16 readers", "64 readers"],
    labelBy: "subject",
    rangeOf: cpuRange,
  },
];

/** By file name; a chart of which nothing was measured is left out. */
export function drawCharts(runs: readonly Results[]): { file: string; title: string; svg: string }[] {
  return charts.flatMap((chart) => {
    const bars = barsOf(chart, judgedRuns(runs, chart));
    const { file, title } = chart;
    return bars.length === 0 ? [] : [{ file, title, svg: drawBars(title, bars) }];
  });
}

function barsOf(chart: Chart, runs: readonly Results[]): Bar[] {
  const { scenario, subjects, figure, unit, labelBy, rangeOf } = chart;
  const names = runs.flatMap(({ reports }) =>
    reports.filter(({ name }) => name === scenario).flatMap(({ cases }) => cases.map(({ name }) => name)),
  );
  return [...new Set(names)].flatMap((name) => {
    // Measured twice: the run that was named last.
    const one = runs.flatMap((run) => findCases(run, { scenario, case: name })).at(-1);
    return (one?.subjects ?? []).flatMap(({ name: subject, summary }): Bar[] => {
      const value = subjects.includes(subject) ? figureOf(figure, summary) : null;
      if (value === null) return [];
      const threshold = thresholds.find(
        (other) =>
          other.scenario === scenario && other.case === name && other.subject === subject && other.figure === figure,
      );
      const limit =
        threshold === undefined
          ? null
          : {
              value: "atMost" in threshold.bound ? threshold.bound.atMost : threshold.bound.atLeast,
              text: describeBound(threshold),
              isMet: isWithin(threshold.bound, value),
            };
      const label = labelBy === "case" ? name : subject;
      return [{ label, value, text: formatValue(value, unit), range: rangeOf?.(summary) ?? null, limit }];
    });
  });
}

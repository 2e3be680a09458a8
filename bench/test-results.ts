// Runs of the bench as they would have been measured, for tests.

import { createRun, type Figures, type Run, summarize } from "./figures.ts";
import type { ScenarioReport } from "./report.ts";
import { type Conditions, FORMAT, type Results } from "./results.ts";

export type Measured = Partial<Figures>;

export type MeasuredCase = {
  scenario: string;
  case: string;
  reference: string | null;
  subjects: Record<string, Run[]>;
};

export function createRunOf(figures: Measured): Run {
  const run = createRun({}, 10);
  return { ...run, figures: { ...run.figures, ...figures } };
}

export function createResults(cases: readonly MeasuredCase[], conditions: Partial<Conditions> = {}): Results {
  const names = [...new Set(cases.map(({ scenario }) => scenario))];
  return {
    format: FORMAT,
    machine: {
      processor: "a processor",
      cores: 2,
      memoryGb: 8,
      freshPageUs: 0.1,
      system: "a system",
      versions: "some versions",
      date: "2026-01-01",
    },
    conditions: {
      command: "npm run bench",
      url: null,
      isSmoke: false,
      isFar: false,
      isProfiled: false,
      isTmpfs: true,
      stateParent: "/dev/shm",
      repeats: 2,
      loadAverage: 0,
      ...conditions,
    },
    reports: names.map((name) => createReport(name, cases)),
  };
}

function createReport(name: string, cases: readonly MeasuredCase[]): ScenarioReport {
  return {
    name,
    description: `What ${name} is.`,
    columns: ["first p50", "added p50", "× CPU", "spread", "exact"],
    extras: [],
    cases: cases
      .filter(({ scenario }) => scenario === name)
      .map(({ case: caseName, reference, subjects }) => ({
        name: caseName,
        reference,
        subjects: Object.entries(subjects).map(([subject, runs]) => ({
          name: subject,
          summary: summarize(runs, reference === null ? [] : (subjects[reference] ?? [])),
          runs,
        })),
      })),
  };
}

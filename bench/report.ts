// The report: a table for each scenario, every figure a median over the repeats, every ratio taken within a repeat.

import { type ColumnName, extraColumns, formatCell, formatExtra } from "./columns.ts";
import type { ExtraFigure } from "./extra.ts";
import type { Run, Summary } from "./figures.ts";
import { formatTable } from "./table.ts";

export type SubjectReport = { name: string; summary: Summary; runs: readonly Run[] };
export type CaseReport = { name: string; reference: string | null; subjects: SubjectReport[] };
export type ScenarioReport = {
  name: string;
  description: string;
  columns: readonly ColumnName[];
  extras: readonly ExtraFigure[];
  cases: CaseReport[];
};

export function formatScenario({ name, description, columns, extras, cases }: ScenarioReport): string {
  const rows = cases.flatMap(({ name: caseName, reference, subjects }) =>
    subjects.map(({ name: subject, summary }, index) => [
      index === 0 ? caseName : "",
      subject,
      ...columns.map((column) => formatCell(column, summary, subject === reference)),
      ...extras.flatMap((extra) => formatExtra(extra, summary, subject === reference)),
    ]),
  );
  return `${name}: ${description}\n\n${formatTable(["", "", ...columns, ...extras.flatMap(extraColumns)], rows)}`;
}

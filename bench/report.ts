// The report: a table for each scenario, every figure a median over the repeats, every ratio taken within a repeat.

import type { Summary } from "./figures.ts";
import { type ColumnName, formatCell } from "./columns.ts";
import { formatTable } from "./table.ts";

export type CaseReport = { name: string; reference: string; subjects: { name: string; summary: Summary }[] };
export type ScenarioReport = {
  name: string;
  description: string;
  columns: readonly ColumnName[];
  cases: CaseReport[];
};

export function formatScenario({ name, description, columns, cases }: ScenarioReport): string {
  const rows = cases.flatMap(({ name: caseName, reference, subjects }) =>
    subjects.map(({ name: subject, summary }, index) => [
      index === 0 ? caseName : "",
      subject,
      ...columns.map((column) => formatCell(column, summary, subject === reference)),
    ]),
  );
  return `${name}: ${description}\n\n${formatTable(["", "", ...columns], rows)}`;
}

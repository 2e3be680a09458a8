// The report: a table for each scenario, every figure a median over the repeats, every ratio taken within a repeat.

import { AREAS } from "./areas.ts";
import { type ColumnName, extraColumns, formatCell, formatExtra, whole } from "./columns.ts";
import type { ExtraFigure } from "./extra.ts";
import type { Run, Summary } from "./figures.ts";
import { sum } from "./statistics.ts";
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

export function formatScenario(report: ScenarioReport): string {
  const { header, rows } = tableOf(report);
  const profile = profileOf(report);
  const tables = [{ header, rows }, ...(profile === null ? [] : [profile])].map((table) =>
    formatTable(table.header, table.rows),
  );
  return [`${report.name}: ${report.description}`, ...tables].join("\n\n");
}

/** Where the CPU of each subject went, in microseconds a stream; null where it was not asked for. */
export function profileOf({ cases }: ScenarioReport): { header: string[]; rows: string[][] } | null {
  const rows = cases.flatMap(({ name: caseName, subjects }) =>
    subjects
      .filter(({ runs }) => runs.some(({ profile }) => profile !== undefined))
      .map(({ name: subject, runs }, index) => {
        const streams = sum(runs.map((run) => run.streams));
        const measured = sum(runs.map(({ figures }) => figures.cpuSeconds ?? 0));
        const seconds = AREAS.map((area) => sum(runs.map(({ profile }) => profile?.[area] ?? 0)));
        const sampled = sum(seconds);
        const micros = [...seconds, sampled].map((each) => whole((each * 1e6) / streams));
        return [index === 0 ? caseName : "", subject, ...micros, `${whole((sampled / measured) * 100)} %`];
      }),
  );
  return rows.length === 0 ? null : { header: ["µs a stream", "", ...AREAS, "sum", "of its CPU"], rows };
}

const BUSY_CORES = 0.8;

/** A warning where the load or the model, of one thread each, may have been what was measured; else empty. */
export function formatHelpers({ cases }: ScenarioReport): string {
  const most = (helper: "load" | "model") =>
    Math.max(
      0,
      ...cases.flatMap(({ subjects }) =>
        subjects.flatMap(({ runs }) => runs.map((run) => run.helperCores?.[helper] ?? 0)),
      ),
    );
  const busy = (["load", "model"] as const).filter((helper) => most(helper) > BUSY_CORES);
  if (busy.length === 0) return "";
  const shares = busy.map((helper) => `the ${helper} took up to ${Math.round(most(helper) * 100)} % of its core`);
  return `Limited by the bench itself: ${shares.join(", ")}.`;
}

export function tableOf({ columns, extras, cases }: ScenarioReport): { header: string[]; rows: string[][] } {
  const rows = cases.flatMap(({ name: caseName, reference, subjects }) =>
    subjects.map(({ name: subject, summary }, index) => [
      index === 0 ? caseName : "",
      subject,
      ...columns.map((column) => formatCell(column, summary, subject === reference)),
      ...extras.flatMap((extra) => formatExtra(extra, summary, subject === reference)),
    ]),
  );
  return { header: ["", "", ...columns, ...extras.flatMap(extraColumns)], rows };
}

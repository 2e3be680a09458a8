// The columns that a report may have, each with how it reads. What is held against the reference is empty in its own row.

import type { ExtraFigure, Unit } from "./extra.ts";
import type { Summary } from "./figures.ts";

export type ColumnName = keyof typeof columns;

const columns = {
  "first p50": ({ figures }: Summary) => milliseconds(figures.firstP50Ms),
  "first p95": ({ figures }: Summary) => milliseconds(figures.firstP95Ms),
  "added p50": ({ addedFirstP50Ms }: Summary) => signed(addedFirstP50Ms),
  "added p95": ({ addedFirstP95Ms }: Summary) => signed(addedFirstP95Ms),
  "total p50": ({ figures }: Summary) => milliseconds(figures.totalP50Ms),
  "gap p50": ({ figures }: Summary) => milliseconds(figures.gapP50Ms),
  "gap p95": ({ figures }: Summary) => milliseconds(figures.gapP95Ms),
  "tokens/s": ({ figures }: Summary) => whole(figures.tokensPerSecond),
  "× tokens/s": ({ ratios }: Summary) => fixed(ratios.tokensPerSecond, 2),
  "CPU-s": ({ figures }: Summary) => fixed(figures.cpuSeconds, 2),
  "CPU-s/1k tokens": ({ figures }: Summary) => fixed(figures.cpuPerThousandTokens, 3),
  "CPU ms/stream": ({ figures }: Summary) => fixed(figures.cpuMsPerStream, 1),
  "× CPU": ({ ratios }: Summary) => fixed(ratios.cpuSeconds, 2),
  spread: ({ cpuRatioSpread }: Summary) => range(cpuRatioSpread),
  "MB/stream": ({ figures }: Summary) => fixed(figures.megabytesPerStream, 2),
  exact: ({ streams, failures }: Summary) => (streams === 0 ? "" : `${streams - failures.length}/${streams}`),
};

const comparisons = new Set<ColumnName>(["added p50", "added p95", "× tokens/s", "× CPU", "spread"]);

export function formatCell(column: ColumnName, summary: Summary, isReference: boolean): string {
  return isReference && comparisons.has(column) ? "" : columns[column](summary);
}

/** The columns of a scenario's own figures: each value, and what it is held against the reference by. */
export function extraColumns({ name, compare }: ExtraFigure): string[] {
  return compare === undefined ? [name] : [name, `${compare === "added" ? "added" : "×"} ${name}`];
}

/** As many cells as `extraColumns` has names. */
export function formatExtra({ name, unit, compare }: ExtraFigure, { extra }: Summary, isReference: boolean): string[] {
  const { value = null, added = null, ratio = null } = extra[name] ?? {};
  const cells = [formatValue(value, unit)];
  if (compare === undefined) return cells;
  if (isReference) return [...cells, ""];
  return [...cells, compare === "added" ? formatAdded(added, unit) : fixed(ratio, 2)];
}

export function formatValue(value: number | null, unit: Unit): string {
  if (value === null) return "";
  if (unit === "ms") return milliseconds(value);
  if (unit === "×") return `${value.toFixed(2)} ×`;
  if (unit === "count") return value.toLocaleString("en", { maximumFractionDigits: 1 });
  return `${value.toFixed(Math.abs(value) < 10 ? 2 : 1)} ${unit}`;
}

function formatAdded(value: number | null, unit: Unit): string {
  if (value === null) return "";
  return `${value < 0 ? "−" : "+"}${formatValue(Math.abs(value), unit)}`;
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

export function whole(value: number | null): string {
  return value === null ? "" : Math.round(value).toLocaleString("en");
}

function range(bounds: readonly [number, number] | null): string {
  return bounds === null ? "" : bounds.map((bound) => bound.toFixed(2)).join("–");
}

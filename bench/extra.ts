// Figures of a scenario's own, beside those that every run has: a route's p95, a memory's slope, a page's weight.

import { median } from "./statistics.ts";

export type Unit = "ms" | "s" | "%" | "kB" | "MB" | "×" | "count";

/**
 * A column of its own, declared by the scenario and filled by its runs under the same name:
 *
 *     extras: [{ name: "list p95", unit: "ms", compare: "added" }, { name: "errors", unit: "%" }],
 *     ...
 *     measure: async (rig) => ({ ...(await measure(rig, meter, job)), extra: { "list p95": 12.5, errors: 0 } }),
 *
 * Printed is the median over the repeats; with `compare` also the median difference ("added list p95") or ratio
 * ("× list p95") to the reference's run of the same repeat. A run that has no streams is made by `createRun`.
 */
export type ExtraFigure = { name: string; unit: Unit; compare?: "added" | "ratio" };

/** By name; null or absent: not measured in this run. */
export type ExtraValues = Readonly<Record<string, number | null>>;

export type ExtraSummary = { value: number | null; added: number | null; ratio: number | null };

/** `values` and `references` are of the same repeats, in the same order. */
export function summarizeExtra(
  values: readonly ExtraValues[],
  references: readonly ExtraValues[],
): Record<string, ExtraSummary> {
  const names = new Set(values.flatMap((extra) => Object.keys(extra)));
  const summarizeOne = (name: string): ExtraSummary => {
    const pairs = values.flatMap((extra, index) => {
      const own = extra[name] ?? null;
      const other = references[index]?.[name] ?? null;
      return own === null || other === null ? [] : [{ own, other }];
    });
    return {
      value: median(values.flatMap((extra) => extra[name] ?? [])),
      added: median(pairs.map(({ own, other }) => own - other)),
      ratio: median(pairs.flatMap(({ own, other }) => (other === 0 ? [] : [own / other]))),
    };
  };
  return Object.fromEntries([...names].map((name) => [name, summarizeOne(name)]));
}

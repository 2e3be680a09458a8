// What runs come to in the end: the bench's exit code.

import { isAllMet, judge } from "./check.ts";
import type { Results } from "./results.ts";

/** One sentence for each stream that failed, whether it was measured just now or is in a stored run. */
export function failuresOf(runs: readonly Results[]): string[] {
  const subjects = runs.flatMap(({ reports }) => reports.flatMap(({ cases }) => cases.flatMap((one) => one.subjects)));
  return subjects.flatMap(({ name, summary }) => summary.failures.map((failure) => `${name}: ${failure}`));
}

/** 1 where a stream failed, whatever the figures, and with `check` where they do not pass. */
export function exitCodeOf(runs: readonly Results[], { check }: { check: boolean }): 0 | 1 {
  return failuresOf(runs).length > 0 || (check && !isAllMet(judge(runs))) ? 1 : 0;
}

// Which scenarios are judged, and how far away database and Redis have to be for it: what one `--check` has to measure.

import type { Options } from "./options.ts";
import { thresholds } from "./thresholds.ts";

export function isJudged(scenario: string): boolean {
  return thresholds.some((threshold) => threshold.scenario === scenario);
}

function isJudgedFar(scenario: string): boolean {
  return thresholds.some((threshold) => threshold.scenario === scenario && threshold.isFar === true);
}

/**
 * One run each for what is measured far and what is measured near. Only where a run is judged: else it is as it was asked
 * for. A scenario that has a threshold for far alone would otherwise be measured near and not be judged by it.
 */
export function splitRuns(options: Options): Options[] {
  const { check, isFar, scenarios } = options;
  if (!check || isFar) return [options];
  return [true, false]
    .map((far) => ({ ...options, isFar: far, scenarios: scenarios.filter((name) => isJudgedFar(name) === far) }))
    .filter((run) => run.scenarios.length > 0);
}

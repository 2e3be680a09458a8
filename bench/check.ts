// Holds runs against the thresholds: one line each, met, missed and by how much, or not measured.

import { formatValue } from "./columns.ts";
import { type Summary, summarize } from "./figures.ts";
import type { CaseReport } from "./report.ts";
import { nameConditions, type Results } from "./results.ts";
import { figureOf, isWithin, type Place, type Threshold, thresholds as allThresholds } from "./thresholds.ts";

const BARE_OBJECT = "bare object";

/** One of a threshold in one run. */
export type Verdict = {
  threshold: Threshold;
  run: Results;
  value: number;
  isWithin: boolean;
  /** Within its bound, and of as many pairs as are asked for. */
  isMet: boolean;
  /** Those in which the figure could be read. */
  pairs: number;
  /** The same figure of the bare object beside it: about what the platform takes. */
  floor: number | null;
};

export type Judgement = {
  threshold: Threshold;
  /** Empty: not measured in any of the runs. */
  verdicts: Verdict[];
  /** Its scenario is in one of the runs: then to have no verdict is a fault. */
  isDue: boolean;
};

export function judge(runs: readonly Results[], thresholds: readonly Threshold[] = allThresholds): Judgement[] {
  return thresholds.map((threshold) => ({
    threshold,
    verdicts: judgedRuns(runs, threshold).flatMap((run) => judgeRun(run, threshold)),
    isDue: runs.some(({ reports }) => reports.some(({ name }) => name === threshold.scenario)),
  }));
}

/**
 * The runs that count: those on tmpfs, unless there is none, since a disk's commits are not Brink's; never a smoke run,
 * nor a profiled one; one from outside, which has nothing beside it, only for what is absolute.
 */
export function judgedRuns(
  runs: readonly Results[],
  { isFar = false, isOutside = false }: Pick<Threshold, "isFar" | "isOutside">,
): Results[] {
  const sound = runs.filter(({ conditions: { isSmoke, isProfiled } }) => !isSmoke && !isProfiled);
  const here = sound.filter(({ conditions: { url } }) => url === null);
  const onTmpfs = here.filter(({ conditions }) => conditions.isTmpfs);
  return [
    ...(onTmpfs.length > 0 ? onTmpfs : here).filter(({ conditions }) => !isFar || conditions.isFar),
    ...(isOutside ? sound.filter(({ conditions: { url } }) => url !== null) : []),
  ];
}

export function findCases({ reports }: Results, { scenario, case: name }: Omit<Place, "subject">): CaseReport[] {
  return reports
    .filter((report) => report.name === scenario)
    .flatMap(({ cases }) => cases.filter((c) => c.name === name));
}

function judgeRun(run: Results, threshold: Threshold): Verdict[] {
  const { bound, figure } = threshold;
  return findCases(run, threshold).flatMap((one) => {
    const valueOf = (subject: string) => {
      const summary = summaryOf(one, { ...threshold, subject });
      return summary === null ? null : figureOf(figure, summary);
    };
    const value = valueOf(threshold.subject);
    if (value === null) return [];
    const pairs = countPairs(one, threshold);
    const isIn = isWithin(bound, value);
    const isMet = isIn && pairs >= (threshold.pairs ?? 0);
    return [{ threshold, run, value, isWithin: isIn, isMet, pairs, floor: valueOf(BARE_OBJECT) }];
  });
}

function summaryOf({ subjects }: CaseReport, { subject, against }: Threshold): Summary | null {
  const own = subjects.find(({ name }) => name === subject);
  if (own === undefined || against === undefined) return own?.summary ?? null;
  const other = subjects.find(({ name }) => name === against);
  return other === undefined ? null : summarize(own.runs, other.runs);
}

function countPairs({ subjects, reference }: CaseReport, { subject, against, figure }: Threshold): number {
  const runsOf = (wanted: string | null) => subjects.find(({ name }) => name === wanted)?.runs ?? [];
  const references = runsOf(against ?? reference);
  return runsOf(subject).filter((own, index) => {
    const other = references[index];
    return figureOf(figure, summarize([own], other === undefined ? [] : [other])) !== null;
  }).length;
}

/** Whether something was judged, nothing was missed, and nothing is missing that should have been measured. */
export function isAllMet(judgements: readonly Judgement[]): boolean {
  const isEachMet = judgements.every(({ verdicts }) => verdicts.every(({ isMet }) => isMet));
  const isDueMeasured = judgements.every(({ verdicts, isDue }) => verdicts.length > 0 || !isDue);
  return isEachMet && isDueMeasured && judgements.some(({ verdicts }) => verdicts.length > 0);
}

export function formatJudgements(judgements: readonly Judgement[], runs: readonly Results[]): string {
  const lines = judgements.flatMap(({ threshold, verdicts, isDue }) => {
    const what = `${threshold.says} (${describeBound(threshold)})`;
    if (verdicts.length === 0) return isDue ? [`-       ${what}: ${describeMissing(threshold)}`] : [];
    return verdicts.map((verdict) => {
      const where = runs.length > 1 ? `  [${nameConditions(verdict.run.conditions)}]` : "";
      const floor = verdict.floor === null ? "" : ` (a bare object: ${describeFloor(verdict)})`;
      return `${describeMark(verdict)}  ${what}: ${describeVerdict(verdict)}${floor}${where}`;
    });
  });
  return [...lines, describeOutcome(judgements)].join("\n");
}

function describeMark({ isMet, isWithin: isIn }: Verdict): string {
  return isMet ? "met   " : isIn ? "FEW   " : "MISSED";
}

/** "41 met, 7 missed, 0 not measured", and what that does not say. */
export function describeOutcome(judgements: readonly Judgement[]): string {
  const verdicts = judgements.flatMap((judgement) => judgement.verdicts);
  const met = verdicts.filter(({ isMet }) => isMet).length;
  const unjudged = judgements.filter((judgement) => judgement.verdicts.length === 0);
  const unmeasured = unjudged.filter(({ isDue }) => isDue).length;
  const unasked = unjudged.length - unmeasured;
  const rest = unasked === 0 ? "" : `; ${unasked} are of scenarios that were not run`;
  const missed = verdicts.filter(({ isWithin: isIn }) => !isIn).length;
  const few = verdicts.length - met - missed;
  const unsure = few === 0 ? "" : `, ${few} of too few pairs`;
  const counts = `${met} met, ${missed} missed${unsure}, ${unmeasured} not measured${rest}`;
  return verdicts.length > 0 ? counts : `${counts}. Nothing was judged: no threshold has a verdict.`;
}

function describeMissing({ isFar }: Threshold): string {
  return `not measured${isFar === true ? " (with --far)" : ""}`;
}

export function describeBound({ bound, unit }: Threshold): string {
  return "atMost" in bound ? `≤ ${formatValue(bound.atMost, unit)}` : `≥ ${formatValue(bound.atLeast, unit)}`;
}

/** "1.65 ×"; empty where no bare object was measured. */
export function describeFloor({ threshold: { unit }, floor }: Verdict): string {
  return floor === null ? "" : formatValue(floor, unit);
}

/** "2.90 ×, missed by 0.20 ×, of 3 pairs where 5 are asked for". */
export function describeVerdict({ threshold, value, isWithin: isIn, pairs }: Verdict): string {
  const { bound, unit, pairs: asked = 0 } = threshold;
  const limit = "atMost" in bound ? bound.atMost : bound.atLeast;
  const by = isIn ? "" : `, missed by ${formatValue(Math.abs(value - limit), unit)}`;
  const few = pairs < asked ? `, of ${pairs} pair${pairs === 1 ? "" : "s"} where ${asked} are asked for` : "";
  return `${formatValue(value, unit)}${by}${few}`;
}

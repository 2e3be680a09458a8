// What a scenario is: cases, and in each of them subjects that are measured in turn, repeat after repeat, so that what
// disturbs the machine disturbs all of them. One file each; `index.ts` lists them.

import type { ColumnName } from "../columns.ts";
import type { ExtraFigure } from "../extra.ts";
import { type Run, toRun } from "../figures.ts";
import type { Job, StreamRequest } from "../load/job.ts";
import type { Meter } from "../rig/meter.ts";
import type { Rig } from "../rig/rig.ts";

/** `R`: what it measures on, which is the rig but for a deployment. */
export type Subject<R = Rig> = { name: string; measure(rig: R): Promise<Run> };

export type Case<R = Rig> = {
  /** How the report calls it: "200 streams". */
  name: string;
  subjects: Subject<R>[];
  /** The name of the subject that the others are held against; null: what is measured stands by itself. */
  reference: string | null;
};

export type Size = {
  /** What a look at whether everything works needs, in seconds, not what a figure needs. */
  isSmoke: boolean;
  /** From `--streams`; a scenario that has no such choice ignores it. */
  streams: readonly number[] | null;
};

export type Scenario<R = Rig> = {
  name: string;
  /** Takes minutes: run only when it is named, never as one of "all". */
  isLong?: boolean;
  /** What was measured before in the same processes would change what it finds. */
  wantsNewProcesses?: boolean;
  /** What of it is worth a column. */
  columns: readonly ColumnName[];
  /** Figures of its own, which its runs carry as `extra`; their columns follow the others. */
  extras?: readonly ExtraFigure[];
  /** One sentence for the report: what is asked, and at what pace. */
  describe(size: Size): string;
  cases(size: Size): Case<R>[];
  /** No more repeats than these, however many were asked for: a soak is long. */
  maxRepeats?: number;
};

/**
 * Runs a job and reads from the operating system what it cost the process behind `meter`; null: nobody's. A job that is
 * made by a function is made while the meter runs: what it sets going belongs to the cost.
 */
export async function measure(rig: Rig, meter: Meter | null, job: Job | (() => Promise<Job>)): Promise<Run> {
  await meter?.cool();
  await meter?.settle();
  const endProfile = await meter?.profile?.();
  const before = meter?.cpuSeconds() ?? null;
  const stopWatching = meter?.watch();
  const asked = typeof job === "function" ? await job() : job;
  const modelBefore = rig.model.meter.cpuSeconds();
  const { results, seconds, cpuSeconds: loadSeconds } = await rig.runJob(asked);
  const modelAfter = rig.model.meter.cpuSeconds();
  const memory = stopWatching?.() ?? [];
  await meter?.settle();
  const after = meter?.cpuSeconds() ?? null;
  const profile = await endProfile?.();
  const cpuSeconds = before === null || after === null ? null : after - before;
  const run = toRun(results, { cpuSeconds, restingBytes: meter?.restingBytes ?? null, memory });
  const modelSeconds = modelBefore === null || modelAfter === null ? null : modelAfter - modelBefore;
  return {
    ...run,
    ...(profile !== undefined && { profile }),
    helperCores: { load: loadSeconds / seconds, model: modelSeconds === null ? null : modelSeconds / seconds },
  };
}

/** Evenly over a window; 0: all at once. */
export function spread(requests: StreamRequest[], windowMs: number): Job {
  return { requests, windowMs, isSequential: false };
}

/** One after another: so many samples of a lone stream. */
export function inTurn(requests: StreamRequest[]): Job {
  return { requests, windowMs: 0, isSequential: true };
}

// A plan played in a process of its own, with what it cost the process that served it, and the figures of its calls.

import { join } from "node:path";
import type { ExtraValues } from "../extra.ts";
import { type Cost, type Run, toRun } from "../figures.ts";
import { startChild } from "../rig/child.ts";
import type { MemorySample, Meter } from "../rig/meter.ts";
import type { Rig } from "../rig/rig.ts";
import { quantile } from "../statistics.ts";
import type { Plan, Played, Sample } from "./plan.ts";

const SCRIPT = join(import.meta.dirname, "..", "rig", "people-process.ts");
const ANSWERS = new Set(["ask", "resume"]);

export async function playPlan(plan: Plan): Promise<Played> {
  const child = startChild(SCRIPT);
  try {
    await child.hear(); // It is ready.
    child.send(plan);
    // Our own process answers, with what `rig/people-process.ts` sends.
    return (await child.hear()) as Played;
  } finally {
    await child.close();
  }
}

/** `describe` makes the scenario's own figures of the calls, and of the memory while they were made. */
export async function measurePeople(
  rig: Rig,
  meter: Meter,
  plan: Plan,
  describe: (samples: readonly Sample[], memory: readonly MemorySample[]) => ExtraValues,
): Promise<Run> {
  await meter.cool();
  await meter.settle();
  const [before, modelBefore] = [meter.cpuSeconds(), rig.model.meter.cpuSeconds()];
  const stopWatching = meter.watch();
  const { samples, seconds, cpuSeconds: ownSeconds } = await playPlan(plan);
  const memory = stopWatching();
  const modelAfter = rig.model.meter.cpuSeconds();
  await meter.settle();
  const cpuSeconds = difference(meter.cpuSeconds(), before);
  const modelSeconds = difference(modelAfter, modelBefore);
  const run = toPeopleRun(samples, { cpuSeconds, restingBytes: null, memory }, describe(samples, memory));
  const modelCores = modelSeconds === null ? null : modelSeconds / seconds;
  return { ...run, helperCores: { load: ownSeconds / seconds, model: modelCores } };
}

export function toPeopleRun(samples: readonly Sample[], cost: Cost, extra: ExtraValues): Run {
  const answers = samples.filter(({ name }) => ANSWERS.has(name));
  const streams = answers.map(({ at, ...rest }) => ({ ...rest, sentAt: at, gaps: [] }));
  return {
    ...toRun(streams, cost),
    extra,
    // Every call was checked, not the answers alone.
    streams: samples.length,
    failures: samples.flatMap(({ name, failure }) => (failure === null ? [] : [`${name}: ${failure}`])),
  };
}

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}

/** Milliseconds to the whole answer, of the calls that went well. */
export function durationOf(samples: readonly Sample[], names: readonly string[], q: number): number | null {
  const sound = samples.filter(({ name, failure }) => failure === null && names.includes(name));
  return quantile(
    sound.map(({ at, endedAt }) => endedAt - at),
    q,
  );
}

export function errorsOf(samples: readonly Sample[]): number | null {
  const failed = samples.filter(({ failure }) => failure !== null).length;
  return samples.length === 0 ? null : (failed / samples.length) * 100;
}

// What one run comes to, and what several runs of the same thing come to: medians, and ratios to the run of the
// reference beside it. A lone absolute number is never reported.

import type { Profile } from "./areas.ts";
import { type ExtraSummary, type ExtraValues, summarizeExtra } from "./extra.ts";
import type { StreamResult } from "./load/job.ts";
import type { MemorySample } from "./rig/meter.ts";
import { median, quantile, sum } from "./statistics.ts";

/** Null: not measured here, or not measurable. */
export type Figures = {
  firstP50Ms: number | null;
  firstP95Ms: number | null;
  totalP50Ms: number | null;
  /** Between two moments in which text came, over all streams. */
  gapP50Ms: number | null;
  gapP95Ms: number | null;
  tokensPerSecond: number | null;
  cpuSeconds: number | null; // of the workerd process
  cpuPerThousandTokens: number | null; // in seconds
  cpuMsPerStream: number | null;
  megabytesPerStream: number | null;
};

/** One measured run, of one subject. */
export type Run = {
  figures: Figures;
  extra?: ExtraValues;
  streams: number;
  failures: string[];
  /**
   * What load and model took of one core each while the streams ran. Each is one thread: near 1 it was the limit, and
   * the figures are its own.
   */
  helperCores?: { load: number; model: number | null };
  /** Of the process that served them. */
  profile?: Profile;
};

/** Of all repeats: medians, and medians of the differences and ratios to the reference's run of the same repeat. */
export type Summary = {
  figures: Figures;
  addedFirstP50Ms: number | null;
  addedFirstP95Ms: number | null;
  ratios: Figures;
  cpuRatioSpread: [least: number, most: number] | null;
  extra: Record<string, ExtraSummary>;
  streams: number;
  failures: string[];
};

const MIN_STREAMS_FOR_MEMORY = 20; // Below, the allocator's own habits are larger than what is looked for.
const HELD_MS = 10_000; // An object that is over, by workerd.

export type Cost = { cpuSeconds: number | null; restingBytes: number | null; memory: readonly MemorySample[] };

/** Figures over the streams of one run; `cost` is that of the process which served them. */
export function toRun(results: readonly StreamResult[], cost: Cost): Run {
  const sound = results.filter((result) => result.failure === null);
  const first = sound.flatMap(({ firstAt, sentAt }) => (firstAt === null ? [] : [firstAt - sentAt]));
  const gaps = sound.flatMap((result) => result.gaps);
  const seconds = (Math.max(...sound.map((r) => r.endedAt)) - Math.min(...sound.map((r) => r.sentAt))) / 1_000;
  const tokens = sum(sound.map((result) => result.tokens));
  const { cpuSeconds } = cost;
  return {
    streams: results.length,
    failures: results.flatMap(({ failure }) => (failure === null ? [] : [failure])),
    figures: {
      firstP50Ms: quantile(first, 0.5),
      firstP95Ms: quantile(first, 0.95),
      totalP50Ms: median(sound.map((result) => result.endedAt - result.sentAt)),
      gapP50Ms: quantile(gaps, 0.5),
      gapP95Ms: quantile(gaps, 0.95),
      tokensPerSecond: tokens === 0 ? null : tokens / seconds,
      cpuSeconds,
      cpuPerThousandTokens: cpuSeconds === null || tokens === 0 ? null : cpuSeconds / (tokens / 1_000),
      cpuMsPerStream: cpuSeconds === null || sound.length === 0 ? null : (cpuSeconds * 1_000) / sound.length,
      megabytesPerStream: megabytesPerStream(sound, cost),
    },
  };
}

/** A run that is no load of streams: a page in a browser, a start. `checked` of them went well but for `failures`. */
export function createRun(extra: ExtraValues, checked = 0, failures: string[] = []): Run {
  return { figures: unmeasured, extra, streams: checked, failures };
}

const unmeasured: Figures = {
  firstP50Ms: null,
  firstP95Ms: null,
  totalP50Ms: null,
  gapP50Ms: null,
  gapP95Ms: null,
  tokensPerSecond: null,
  cpuSeconds: null,
  cpuPerThousandTokens: null,
  cpuMsPerStream: null,
  megabytesPerStream: null,
};

/**
 * At its highest, over what the process held at rest, for each conversation: workerd holds one for ten seconds after its
 * end, so all of them at once. Not over those that are live at one moment: what a process once took it does not give back,
 * so that from its second repeat on it would be asked for what the first one held at its end. Of the pipe, which holds
 * nothing afterwards, this says up to a fifth too little where not all streams are live at once.
 */
function megabytesPerStream(results: readonly StreamResult[], { restingBytes, memory }: Cost): number | null {
  if (restingBytes === null || memory.length === 0 || results.length < MIN_STREAMS_FOR_MEMORY) return null;
  const lastSent = Math.max(...results.map((result) => result.sentAt));
  const firstEnded = Math.min(...results.map((result) => result.endedAt));
  if (lastSent - firstEnded > HELD_MS) return null;
  return (Math.max(...memory.map(({ bytes }) => bytes)) - restingBytes) / results.length / 1e6;
}

/** `runs` and `references` are of the same repeats, in the same order. */
export function summarize(runs: readonly Run[], references: readonly Run[]): Summary {
  const pair = (name: keyof Figures, combine: (own: number, other: number) => number): number[] =>
    runs.flatMap(({ figures }, index) => {
      const own = figures[name];
      const other = references[index]?.figures[name] ?? null;
      return own === null || other === null ? [] : [combine(own, other)];
    });
  const each = (figureOf: (name: keyof Figures) => number | null): Figures => ({
    firstP50Ms: figureOf("firstP50Ms"),
    firstP95Ms: figureOf("firstP95Ms"),
    totalP50Ms: figureOf("totalP50Ms"),
    gapP50Ms: figureOf("gapP50Ms"),
    gapP95Ms: figureOf("gapP95Ms"),
    tokensPerSecond: figureOf("tokensPerSecond"),
    cpuSeconds: figureOf("cpuSeconds"),
    cpuPerThousandTokens: figureOf("cpuPerThousandTokens"),
    cpuMsPerStream: figureOf("cpuMsPerStream"),
    megabytesPerStream: figureOf("megabytesPerStream"),
  });
  const ratio = (name: keyof Figures) =>
    pair(name, (own, other) => own / other).filter((value) => Number.isFinite(value));
  const cpuRatios = ratio("cpuSeconds");
  return {
    figures: each((name) => median(runs.flatMap(({ figures }) => figures[name] ?? []))),
    addedFirstP50Ms: median(pair("firstP50Ms", (own, other) => own - other)),
    addedFirstP95Ms: median(pair("firstP95Ms", (own, other) => own - other)),
    ratios: each((name) => median(ratio(name))),
    cpuRatioSpread: cpuRatios.length === 0 ? null : [Math.min(...cpuRatios), Math.max(...cpuRatios)],
    extra: summarizeExtra(
      runs.map(({ extra = {} }) => extra),
      references.map(({ extra = {} }) => extra),
    ),
    streams: sum(runs.map(({ streams }) => streams)),
    failures: runs.flatMap(({ failures }) => failures),
  };
}

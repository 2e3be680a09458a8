// What a run of the bench leaves behind: a file that a report is built from, alone or beside others. Ratios are taken
// within a run, before it is written: nothing here sets figures of two runs against each other.

import { closeSync, openSync, readFileSync, statfsSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import * as z from "zod/mini";
import type { Machine } from "./machine.ts";
import { OptionError, type Options } from "./options.ts";
import type { ScenarioReport } from "./report.ts";
import { FAR_MS } from "./rig/far.ts";

export type Conditions = {
  command: string;
  /** The deployment that was measured from outside; null: Brink and the pipe on this machine. */
  url: string | null;
  isSmoke: boolean;
  isFar: boolean;
  isProfiled: boolean;
  isTmpfs: boolean;
  stateParent: string;
  repeats: number;
  /** Of the last minute before the run: what else the machine had to do. */
  loadAverage: number;
};

export type Results = { format: typeof FORMAT; machine: Machine; conditions: Conditions; reports: ScenarioReport[] };

export const FORMAT = 3; // Counted up when a file of before cannot be read any more.

const TMPFS_MAGIC = 0x01021994; // linux/magic.h

export function readConditions(options: Options, stateParent: string, args: readonly string[]): Conditions {
  const { url, isSmoke, isFar, isProfiled, repeats } = options;
  const isTmpfs = statfsSync(stateParent).type === TMPFS_MAGIC;
  const command = `npm run bench -- ${withoutFile(args).join(" ")}`.trim();
  return { command, url, isSmoke, isFar, isProfiled, isTmpfs, stateParent, repeats, loadAverage: loadavg()[0] ?? 0 };
}

/** Where a run was written to is no part of how it is made again. */
function withoutFile(args: readonly string[]): string[] {
  return args.filter((arg, index) => arg !== "--json" && args[index - 1] !== "--json" && !arg.startsWith("--json="));
}

/** Short: how a run is called beside others. */
export function nameConditions({ url, isSmoke, isFar, isProfiled, isTmpfs }: Conditions): string {
  if (url !== null) return `from outside: ${url}`;
  const limits = isFar ? `limits on, database and Redis ${FAR_MS} ms away` : "limits off, database and Redis near";
  const kind = isSmoke ? "smoke run; " : isProfiled ? "profiled; " : "";
  return `${kind}${limits}; state on ${isTmpfs ? "tmpfs" : "disk"}`;
}

export function describeConditions({ url, isSmoke, isFar, isTmpfs, stateParent, repeats, loadAverage }: Conditions) {
  const repeated = `${repeats} ${url === null ? "interleaved " : ""}repeat${repeats === 1 ? "" : "s"}`;
  if (url !== null) {
    return (
      `Medians of ${repeated}, from outside, over HTTP/1.1 lines that stand already. No pipe is beside it: these are ` +
      "absolute figures, which hold the distance, the model and the moment. The round trip is a bare one to /healthz, " +
      "over the same lines. Measured from:"
    );
  }
  const what = isSmoke
    ? "A smoke run: the figures mean nothing"
    : `Medians of ${repeated}; ratios are to the pipe, or to the first line, of the same repeat`;
  const limits = isFar
    ? `Limits on, database and Redis ${FAR_MS} ms away`
    : "LIMITS=off, database and Redis on this machine";
  const state = `state in ${stateParent} (${isTmpfs ? "tmpfs: a disk would add its commits" : "disk"})`;
  return (
    `${what}. ${limits}; ${state}. CPU and memory are those of the workerd process, from /proc. ` +
    `Load average before: ${loadAverage.toFixed(1)}.`
  );
}

/** Throws an OptionError where nothing can be written: to be asked before an hour is measured, not after it. */
export function refuseUnwritable(path: string): void {
  try {
    closeSync(openSync(path, "a")); // Whatever is there is left as it is.
  } catch (cause) {
    throw new OptionError(`--json ${path} cannot be written: ${describe(cause)}.`, { cause });
  }
}

/** One run, or the several that one command made. */
export function writeResults(path: string, runs: readonly Results[]): void {
  writeFileSync(path, `${JSON.stringify(runs.length === 1 ? runs[0] : runs, null, 2)}\n`);
}

const header = z.object({ format: z.literal(FORMAT), machine: z.object({}), reports: z.array(z.object({})) });

/** Throws an OptionError for a file that no run of this bench wrote. */
export function readResults(path: string): Results[] {
  let results: unknown;
  try {
    results = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new OptionError(`${path} cannot be read as a run of the bench: ${describe(cause)}.`, { cause });
  }
  const runs: unknown[] = Array.isArray(results) ? results : [results];
  if (!z.array(header).safeParse(runs).success)
    throw new OptionError(`${path} was not written by this bench's --json.`);
  return runs as Results[]; // Our own process wrote it, in this format.
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
}

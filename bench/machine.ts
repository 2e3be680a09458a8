// Where the figures come from: they mean nothing without it.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, release, totalmem, type } from "node:os";

export type Machine = {
  processor: string;
  cores: number;
  memoryGb: number;
  system: string;
  versions: string;
  date: string;
  /** Microseconds for 4 kB of memory that nobody used before: a tenth on bare metal, a hundred times that under some
   * virtual machines, where all that begins is as much dearer. */
  freshPageUs: number;
};

/** `root`: where the code that is measured is checked out. */
export function describeMachine(now: Date, root: string): Machine {
  const processors = cpus();
  const miniflare = createRequire(import.meta.url).resolve("miniflare");
  const workerd = createRequire(miniflare).resolve("workerd/package.json");
  const { version } = JSON.parse(readFileSync(workerd, "utf8")) as { version: string };
  return {
    processor: processors[0]?.model.trim() ?? "unknown processor",
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    versions: `Brink ${readCommit(root)}, workerd ${version}, Node ${process.versions.node}`,
    date: now.toISOString().slice(0, 10),
    freshPageUs: measureFreshPageUs(),
  };
}

const FRESH_BYTES = 64 * 2 ** 20; // So much comes straight from the system, and untouched.
const PAGE_BYTES = 4_096;

function measureFreshPageUs(): number {
  const memory = new Uint8Array(FRESH_BYTES);
  const start = performance.now();
  for (let at = 0; at < FRESH_BYTES; at += PAGE_BYTES) memory[at] = 1;
  return ((performance.now() - start) * 1_000) / (FRESH_BYTES / PAGE_BYTES);
}

/** The commit that a checkout stands at. */
function readCommit(root: string): string {
  try {
    const git = (...args: string[]) =>
      execFileSync("git", args, {
        cwd: root,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    const head = git("rev-parse", "--short", "HEAD");
    const changes = git("status", "--porcelain", "--untracked-files=no");
    return changes === "" ? head : `${head} with changes`;
  } catch {
    return "without a commit"; // A copy without its history, or a machine without git.
  }
}

export function formatMachine(machine: Machine): string {
  const { processor, cores, memoryGb, system, versions, date, freshPageUs } = machine;
  const memory = `${memoryGb} GB, ${freshPageUs.toFixed(1)} µs a fresh page`;
  return `${processor}, ${cores} cores, ${memory}, ${system}; ${versions}; ${date}`;
}

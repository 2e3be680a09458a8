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
};

export function describeMachine(now: Date): Machine {
  const processors = cpus();
  const miniflare = createRequire(import.meta.url).resolve("miniflare");
  const workerd = createRequire(miniflare).resolve("workerd/package.json");
  const { version } = JSON.parse(readFileSync(workerd, "utf8")) as { version: string };
  return {
    processor: processors[0]?.model.trim() ?? "unknown processor",
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    versions: `Brink ${readCommit()}, workerd ${version}, Node ${process.versions.node}`,
    date: now.toISOString().slice(0, 10),
  };
}

/** The commit that this checkout stands at. */
function readCommit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync("git", args, {
        cwd: import.meta.dirname,
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

export function formatMachine({ processor, cores, memoryGb, system, versions, date }: Machine): string {
  return `${processor}, ${cores} cores, ${memoryGb} GB, ${system}; ${versions}; ${date}`;
}

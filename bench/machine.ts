// Where the figures come from: they mean nothing without it.

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
    versions: `workerd ${version}, Node ${process.versions.node}`,
    date: now.toISOString().slice(0, 10),
  };
}

export function formatMachine({ processor, cores, memoryGb, system, versions, date }: Machine): string {
  return `${processor}, ${cores} cores, ${memoryGb} GB, ${system}; ${versions}; ${date}`;
}

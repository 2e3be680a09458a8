// A run on this machine: everything is started, warmed up, measured scenario by scenario, and ended.

import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { describeMachine } from "./machine.ts";
import type { Options } from "./options.ts";
import type { ScenarioReport } from "./report.ts";
import { FORMAT, readConditions, type Results } from "./results.ts";
import { startRig } from "./rig/rig.ts";
import { runScenario, warmUp } from "./run.ts";
import { scenarios } from "./scenarios/index.ts";

export type Measuring = {
  options: Options;
  args: readonly string[];
  /** Called after each scenario, with all that was measured so far. */
  onScenario(report: ScenarioReport, soFar: Results): void;
  onProgress(sentence: string): void;
};

const TMPFS = "/dev/shm";

export async function measureHere({ options, args, onScenario, onProgress }: Measuring): Promise<Results> {
  const { repeats, isSmoke, streams } = options;
  const stateParent = options.stateParent ?? (existsSync(TMPFS) ? TMPFS : tmpdir());
  const results: Results = {
    format: FORMAT,
    machine: describeMachine(new Date()),
    conditions: readConditions(options, stateParent, args),
    reports: [],
  };
  const rig = await startRig({ ...options, stateParent, onProgress });
  try {
    const size = { isSmoke, streams };
    await warmUp(rig, size);
    for (const scenario of scenarios.filter(({ name }) => options.scenarios.includes(name))) {
      const report = await runScenario(rig, scenario, {
        size,
        repeats,
        onRun: (what, { failures }) => onProgress(failures.length === 0 ? what : `${what}: ${failures.length} FAILED`),
      });
      results.reports.push(report);
      onScenario(report, results);
    }
  } finally {
    await rig.close();
  }
  for (const complaint of rig.complaints.slice(0, 10)) onProgress(`Brink's log: ${complaint.slice(0, 500)}`);
  return results;
}

// A run on this machine: everything is started, warmed up, measured scenario by scenario, and ended.

import { describeMachine } from "./machine.ts";
import type { Options } from "./options.ts";
import type { ScenarioReport } from "./report.ts";
import { FORMAT, readConditions, type Results } from "./results.ts";
import { type Rig, startRig } from "./rig/rig.ts";
import { runScenario, warmUp } from "./run.ts";
import { scenarios } from "./scenarios/index.ts";
import { chooseStateParent } from "./state-parent.ts";

export type Measuring = {
  options: Options;
  args: readonly string[];
  /** Called after each scenario, with all that was measured so far. */
  onScenario(report: ScenarioReport, soFar: Results): void;
  onProgress(sentence: string): void;
};

export async function measureHere({ options, args, onScenario, onProgress }: Measuring): Promise<Results> {
  const { repeats, isSmoke, streams } = options;
  const stateParent = chooseStateParent(options.stateParent);
  const results: Results = {
    format: FORMAT,
    machine: describeMachine(new Date(), options.root ?? import.meta.dirname),
    conditions: readConditions(options, stateParent, args),
    reports: [],
  };
  const size = { isSmoke, streams };
  const complaints: string[] = [];
  const start = async () => {
    const started = await startRig({ ...options, stateParent, onProgress });
    await warmUp(started, size).catch(async (error: unknown) => {
      await started.close();
      throw error;
    });
    return started;
  };
  const end = async (ended: Rig) => {
    await ended.close();
    complaints.push(...ended.complaints);
  };
  let rig = await start();
  try {
    for (const scenario of scenarios.filter(({ name }) => options.scenarios.includes(name))) {
      if (scenario.wantsNewProcesses === true && results.reports.length > 0) {
        await end(rig);
        rig = await start();
      }
      const report = await runScenario(rig, scenario, {
        size,
        repeats,
        onRun: (what, { failures }) => onProgress(failures.length === 0 ? what : `${what}: ${failures.length} FAILED`),
      });
      results.reports.push(report);
      onScenario(report, results);
    }
  } finally {
    await end(rig);
  }
  for (const complaint of complaints.slice(0, 10)) onProgress(`Brink's log: ${complaint.slice(0, 500)}`);
  return results;
}

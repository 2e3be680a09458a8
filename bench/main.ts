// `npm run bench`: the model directly, a bare pipe and Brink, side by side in one run. Exits with another code than 0
// when a stream failed or a text was wrong, whatever the figures.

import { existsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { StartError } from "../dev/start-error.ts";
import { describeMachine, formatMachine } from "./machine.ts";
import { OptionError, type Options, parseOptions, USAGE } from "./options.ts";
import { formatScenario, type ScenarioReport } from "./report.ts";
import { FAR_MS, startRig } from "./rig/rig.ts";
import { runScenario, warmUp } from "./run.ts";
import { scenarios } from "./scenarios/index.ts";

const TMPFS = "/dev/shm";

try {
  const options = parseOptions(
    process.argv.slice(2),
    scenarios.map(({ name }) => name),
  );
  if (options.help) console.log(USAGE);
  else process.exitCode = await main(options);
} catch (error) {
  if (error instanceof StartError && error.details !== undefined) console.error(error.details);
  const isSaid = error instanceof OptionError || error instanceof StartError;
  console.error(isSaid ? error.message : error);
  process.exitCode = 1;
}
// What is left of a part that did not close is ended with this process.
process.exit();

async function main(options: Options): Promise<number> {
  const { repeats, isSmoke, streams } = options;
  const stateParent = options.stateParent ?? (existsSync(TMPFS) ? TMPFS : tmpdir());
  const progress = (sentence: string) => console.error(`  ${sentence}`);
  const rig = await startRig({ ...options, stateParent, onProgress: progress });
  const reports: ScenarioReport[] = [];
  const machine = describeMachine(new Date());
  const conditions = describeConditions(options, stateParent);
  try {
    const size = { isSmoke, streams };
    await warmUp(rig, size);
    for (const scenario of scenarios.filter(({ name }) => options.scenarios.includes(name))) {
      const report = await runScenario(rig, scenario, {
        size,
        repeats,
        onRun: (what, { failures }) => progress(failures.length === 0 ? what : `${what}: ${failures.length} FAILED`),
      });
      reports.push(report);
      console.log(`\n${formatScenario(report)}`);
    }
  } finally {
    await rig.close();
  }
  console.log(`\n${conditions}\n${formatMachine(machine)}`);
  if (options.jsonPath !== null) {
    writeFileSync(options.jsonPath, `${JSON.stringify({ machine, conditions, options, reports }, null, 2)}\n`);
  }
  for (const complaint of rig.complaints.slice(0, 10)) console.error(`Brink's log: ${complaint.slice(0, 500)}`);
  return reportFailures(reports);
}

function describeConditions({ repeats, isFar, isSmoke }: Options, stateParent: string): string {
  const limits = isFar
    ? `Limits on, database and Redis ${FAR_MS} ms away`
    : "LIMITS=off, database and Redis on this machine";
  const state = `state in ${stateParent}${stateParent.startsWith(TMPFS) ? " (tmpfs: a disk would add its commits)" : ""}`;
  const what = isSmoke
    ? "A smoke run: the figures mean nothing"
    : `Medians of ${repeats} interleaved repeat${repeats === 1 ? "" : "s"}; ratios are to the pipe, or to the first line, of the same repeat`;
  return `${what}. ${limits}; ${state}. CPU and memory are those of the workerd process, from /proc.`;
}

function reportFailures(reports: readonly ScenarioReport[]): number {
  const failed = reports.flatMap(({ cases }) => cases.flatMap(({ subjects }) => subjects));
  const failures = failed.flatMap(({ name, summary }) => summary.failures.map((failure) => `${name}: ${failure}`));
  if (failures.length === 0) return 0;
  console.error(`${failures.length} streams failed, for one: ${[...new Set(failures)].slice(0, 5).join("; ")}`);
  return 1;
}

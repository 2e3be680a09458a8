// `npm run bench`: the model directly, a bare pipe and Brink, side by side in one run; or a deployment, from outside; or
// what runs of before say together. Exits with another code than 0 when a stream failed or a text was wrong, now or in one
// of those, whatever the figures, and with --check when one of them misses its threshold.

import { join } from "node:path";
import { StartError } from "../dev/start-error.ts";
import { formatJudgements, judge } from "./check.ts";
import { measureDeployment } from "./deployment/measure-deployment.ts";
import { isJudged, splitRuns } from "./judged.ts";
import { endOnSignals, untilLeft } from "./leaving.ts";
import { formatMachine } from "./machine.ts";
import { writeReport } from "./markdown.ts";
import { measureHere } from "./measure-here.ts";
import { OptionError, type Options, describeUsage, parseOptions } from "./options.ts";
import { exitCodeOf, failuresOf } from "./outcome.ts";
import { formatHelpers, formatScenario, type ScenarioReport } from "./report.ts";
import { describeConditions, readResults, refuseUnwritable, type Results, writeResults } from "./results.ts";
import { loadProfiles } from "./scenarios/profiles.ts";
import { scenarios } from "./scenarios/index.ts";

endOnSignals();
try {
  const args = process.argv.slice(2);
  const known = scenarios.map((scenario) => ({
    name: scenario.name,
    isLong: scenario.isLong ?? false,
    isJudged: isJudged(scenario.name),
    isProfile: loadProfiles.includes(scenario),
  }));
  const options = parseOptions(args, known);
  if (options.help) console.log(describeUsage(known));
  else process.exitCode = await main(options, args);
} catch (error) {
  await untilLeft(); // What fails while all is being closed fails because of that.
  if (error instanceof StartError && error.details !== undefined) console.error(error.details);
  const isSaid = error instanceof OptionError || error instanceof StartError;
  console.error(isSaid ? error.message : error);
  process.exitCode = 1;
}
await untilLeft();
// What is left of a part that did not close is ended with this process.
process.exit();

async function main(options: Options, args: readonly string[]): Promise<number> {
  const { check, report, files } = options;
  const runs = files.length > 0 ? files.flatMap(readResults) : await measure(options, args);
  sayFailures(failuresOf(runs));
  if (check) console.log(`\n${formatJudgements(judge(runs), runs)}`);
  if (report) for (const path of writeReport(import.meta.dirname, runs)) console.error(`  ${join("bench", path)}`);
  return exitCodeOf(runs, options);
}

/** One run; where a check has to measure near and far, one of each. */
async function measure(options: Options, args: readonly string[]): Promise<Results[]> {
  if (options.jsonPath !== null) refuseUnwritable(options.jsonPath);
  const runs: Results[] = [];
  for (const part of options.url === null ? splitRuns(options) : [options])
    runs.push(await measureRun(part, args, runs));
  return runs;
}

async function measureRun(options: Options, args: readonly string[], before: readonly Results[]): Promise<Results> {
  const { jsonPath, url } = options;
  const onScenario = (report: ScenarioReport, soFar: Results) => {
    console.log(`\n${[formatScenario(report), formatHelpers(report)].join("\n").trimEnd()}`);
    // Each time anew: what was measured is not lost to what comes after it.
    if (jsonPath !== null) writeResults(jsonPath, [...before, soFar]);
  };
  const onProgress = (sentence: string) => console.error(`  ${sentence}`);
  const results =
    url === null
      ? await measureHere({ options, args, onScenario, onProgress })
      : await measureDeployment(url, { options, args, onScenario, onProgress });
  console.log(`\n${describeConditions(results.conditions)}\n${formatMachine(results.machine)}`);
  return results;
}

function sayFailures(failures: readonly string[]): void {
  if (failures.length === 0) return;
  const [some, are] = [[...new Set(failures)].slice(0, 5).join("; "), failures.length === 1 ? "stream" : "streams"];
  console.error(`${failures.length} ${are} failed, for one: ${some}`);
}

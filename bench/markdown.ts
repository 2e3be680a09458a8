// REPORT.md and its charts, made of one run or of several: a table for each scenario of each run, under the conditions it
// was measured in, and before them the thresholds.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawCharts } from "./charts.ts";
import {
  describeBound,
  describeFloor,
  describeOutcome,
  describeVerdict,
  findCases,
  type Judgement,
  judge,
} from "./check.ts";
import { formatMachine } from "./machine.ts";
import { OptionError } from "./options.ts";
import { formatHelpers, profileOf, type ScenarioReport, tableOf } from "./report.ts";
import { describeConditions, nameConditions, type Results } from "./results.ts";
import { formatMarkdownTable } from "./table.ts";
import { PIPE_CPU_SECONDS } from "./thresholds.ts";

const CHARTS = "charts";
const NAMES = 2; // A row's case and its subject.

/** Writes REPORT.md into `directory`, and the charts beside it; returns what it wrote. */
export function writeReport(directory: string, runs: readonly Results[]): string[] {
  if (runs.some(({ conditions }) => conditions.isSmoke)) {
    throw new OptionError("A smoke run has no figures to judge or to report.");
  }
  const charts = drawCharts(runs);
  rmSync(join(directory, CHARTS), { recursive: true, force: true });
  if (charts.length > 0) mkdirSync(join(directory, CHARTS));
  const files = [
    { path: "REPORT.md", text: formatReport(runs) },
    ...charts.map(({ file, svg }) => ({ path: join(CHARTS, file), text: svg })),
  ];
  for (const { path, text } of files) writeFileSync(join(directory, path), text);
  return files.map(({ path }) => path);
}

export function formatReport(runs: readonly Results[]): string {
  const charts = drawCharts(runs).map(({ file, title }) => `![${title}](${CHARTS}/${file})`);
  const sections = [
    "# Bench report",
    "Made by `npm run bench -- --report`, never by hand. Brink beside a bare pipe, a Worker that only " +
      "forwards the model's stream, and in places a bare object, the least that keeps an answer: an object and a row for " +
      "each, an alarm, and nothing of what makes a chat. All three run in a workerd by itself; where a page or a deploy is measured, Brink runs as `npm start` has it. Each scenario measures its subjects in turn, repeat after repeat; figures are medians " +
      "over the repeats, differences and ratios are taken within a repeat, and no figure of one run is ever set against " +
      "one of another. Each text is compared, character by character.",
    "## Thresholds",
    formatThresholds(judge(runs), runs),
    ...charts,
    ...runs.flatMap((run, index) => formatRun(run, index + 1)),
  ];
  return `${sections.join("\n\n")}\n`;
}

function formatThresholds(judgements: readonly Judgement[], runs: readonly Results[]): string {
  const rows = judgements.flatMap(({ threshold, verdicts, isDue }) =>
    verdicts.length === 0
      ? [[threshold.says, "", describeBound(threshold), isDue ? "not measured" : "not run", "", ""]]
      : verdicts.map((verdict) => [
          threshold.says,
          verdict.isMet ? "met" : verdict.isWithin ? "too few pairs" : "**missed**",
          describeBound(threshold),
          describeVerdict(verdict),
          describeFloor(verdict),
          runs.length === 1 ? "" : `${runs.indexOf(verdict.run) + 1}`,
        ]),
  );
  return [
    ...describeSpeed(runs),
    `${describeOutcome(judgements).replace(/\.$/, "")}.`,
    formatMarkdownTable(["threshold", "", "asked for", "measured", "bare object", "run"], rows, 2),
  ].join("\n\n");
}

/** How fast the machine was: thresholds in milliseconds and in seconds mean that of their own. */
function describeSpeed(runs: readonly Results[]): string[] {
  const place = { scenario: "paced", case: "200 streams" };
  const pipes = runs
    .flatMap((run) => findCases(run, place))
    .flatMap(({ subjects }) => subjects.filter(({ name }) => name === "pipe"))
    .flatMap(({ summary }) => summary.figures.cpuPerThousandTokens ?? []);
  if (pipes.length === 0) return [];
  return [
    `The pipe takes ${pipes.map((seconds) => seconds.toFixed(3)).join(", ")} CPU-seconds per thousand tokens at 200 ` +
      `streams here; on the machine for which the thresholds in milliseconds were set it took ${PIPE_CPU_SECONDS}.`,
  ];
}

function formatRun({ machine, conditions, reports }: Results, number: number): string[] {
  return [
    `## Run ${number}: ${nameConditions(conditions)}`,
    `${describeConditions(conditions)} ${formatMachine(machine)}. \`${conditions.command}\``,
    ...reports.flatMap(formatScenario),
  ];
}

function formatScenario(report: ScenarioReport): string[] {
  const { header, rows } = tableOf(report);
  const limited = formatHelpers(report);
  const profile = profileOf(report);
  return [
    `### ${report.name}`,
    report.description,
    formatMarkdownTable(header, rows, NAMES),
    ...(profile === null ? [] : [formatMarkdownTable(profile.header, profile.rows, NAMES)]),
    ...(limited === "" ? [] : [limited]),
  ];
}

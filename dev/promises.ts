// `npm run test:promises`: runs the tests that prove a promise, or reads the report of a run that was (`--report FILE`,
// Vitest's JSON), and prints each promise with its tests. Exit code 1 when one has no test that passed, or one that failed.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { aggregate, formatReport, parseReport } from "./promise-report.ts";

const ROOT = join(import.meta.dirname, "..");
const TAGGED = String.raw`\(promises? [0-9, ]+\)`;

const { values } = parseArgs({ options: { report: { type: "string" } } });
const json = values.report === undefined ? runTagged() : readFileSync(values.report, "utf8");
const report = parseReport(json);
if (report === null) throw new Error("this is not the JSON report of Vitest");
const result = aggregate(report, ROOT);
process.stdout.write(`${formatReport(result)}\n`);
process.exitCode = result.complaints.length === 0 ? 0 : 1;

/** The report of all tagged tests. What they print goes to stderr, so that stdout is the list alone. */
function runTagged(): string {
  const directory = mkdtempSync(join(tmpdir(), "brink-promises-"));
  try {
    const file = join(directory, "report.json");
    const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
    const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${file}`];
    spawnSync(process.execPath, [vitest, "run", "-t", TAGGED, ...reporters], { cwd: ROOT, stdio: ["ignore", 2, 2] });
    return readFileSync(file, "utf8");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

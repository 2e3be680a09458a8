import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeResults } from "./results.ts";
import { createResults, createRunOf } from "./test-results.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "brink-check-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function check(cpuOfBrink: number): { status: number | null; stdout: string } {
  const path = join(directory, "run.json");
  const subjects = {
    pipe: [createRunOf({ cpuPerThousandTokens: 1 })],
    Brink: [createRunOf({ cpuPerThousandTokens: cpuOfBrink })],
  };
  writeResults(path, createResults([{ scenario: "paced", case: "200 streams", reference: "pipe", subjects }]));
  const args = ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "main.ts"), "--check", path];
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}

test("--check ends with 1 where a ratio is missed, and says which", () => {
  const { status, stdout } = check(3);
  expect(stdout).toContain("MISSED  CPU a token, 200 streams (≤ 2.70 ×): 3.00 ×, missed by 0.30 ×");
  expect(status).toBe(1);
});

test("--check ends with 0 where all that was measured is met", () => {
  const { status, stdout } = check(2);
  expect(stdout).toContain("met     CPU a token, 200 streams (≤ 2.70 ×): 2.00 ×");
  expect(stdout).not.toContain("MISSED");
  expect(status).toBe(0);
});

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeResults } from "./results.ts";
import { createResults, createRunOf } from "./test-results.ts";

const PATIENCE_MS = 60_000; // Everything is loaded, the browser's driver included.

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "brink-check-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Checks a cached answer whose first token took so long, beside a pipe's 50 ms. */
function check(firstMs: number) {
  const path = join(directory, "run.json");
  const subjects = {
    pipe: [createRunOf({ firstP50Ms: 50 })],
    "Brink, cached": [createRunOf({ firstP50Ms: firstMs })],
  };
  writeResults(path, [createResults([{ scenario: "cached", case: "1 stream", reference: "pipe", subjects }])]);
  const args = ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "main.ts"), "--check", path];
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}

test("--check ends with 1 where a ratio is missed, and says which", { timeout: PATIENCE_MS }, () => {
  const { status, stdout } = check(60);
  expect(stdout).toContain("MISSED  cached, first token over the pipe's (≤ 0.0 ms): 10.0 ms, missed by 10.0 ms");
  expect(status).toBe(1);
});

test("--check ends with 0 where all that was asked for is measured and met", { timeout: PATIENCE_MS }, () => {
  const { status, stdout } = check(20);
  expect(stdout).toContain("met     cached, first token over the pipe's (≤ 0.0 ms): -30.0 ms");
  expect(stdout).not.toContain("MISSED");
  expect(status).toBe(0);
});

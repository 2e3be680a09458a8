import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeResults } from "./results.ts";
import { scenarios } from "./scenarios/index.ts";
import { createResults, createRunOf } from "./test-results.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "brink-check-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

// Everything that is asked of the cached answer, and nothing else.
function check(firstMs: number | null, scenario = "cached", failures: string[] = []) {
  const path = join(directory, "run.json");
  const subjects = {
    pipe: [{ ...createRunOf({ firstP50Ms: 50 }), failures }],
    "Brink, cached": [createRunOf({ firstP50Ms: firstMs })],
  };
  writeResults(path, [createResults([{ scenario, case: "1 stream", reference: "pipe", subjects }])]);
  return bench("--check", path);
}

function bench(...args: string[]) {
  const script = join(import.meta.dirname, "main.ts");
  return spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", script, ...args], { encoding: "utf8" });
}

test("--check ends with 1 where a ratio is missed, and says which", () => {
  const { status, stdout } = check(60);
  expect(stdout).toContain("MISSED  cached, first token over the pipe's (≤ 0.0 ms): 10.0 ms, missed by 10.0 ms");
  expect(status).toBe(1);
});

test("--check ends with 0 where all that was asked for is measured and met", () => {
  const { status, stdout } = check(20);
  expect(stdout).toContain("met     cached, first token over the pipe's (≤ 0.0 ms): -30.0 ms");
  expect(stdout).not.toContain("MISSED");
  expect(status).toBe(0);
});

test("--check ends with 1 where the figure could not be read", () => {
  const { status, stdout } = check(null);
  expect(stdout).toContain("cached, first token over the pipe's (≤ 0.0 ms): not measured");
  expect(status).toBe(1);
});

test("--check ends with 1 where nothing was judged, and says so", () => {
  const { status, stdout } = check(20, "burst");
  expect(stdout).toContain("Nothing was judged");
  expect(status).toBe(1);
});

test("--check ends with 1 where a stream of a stored run failed, whatever the figures", () => {
  const { status, stdout, stderr } = check(20, "cached", ["wrong text"]);
  expect(stdout).toContain("1 met, 0 missed");
  expect(stderr).toContain("1 streams failed, for one: pipe: wrong text");
  expect(status).toBe(1);
});

test("a file that cannot be written is refused before anything is measured", () => {
  const path = join(directory, "absent", "run.json");
  const { status, stderr } = bench("--smoke", "--json", path);
  expect(stderr).toMatch(/^--json .*run\.json cannot be written: ENOENT[^\n]*\n$/);
  expect(status).toBe(1);
});

test("the help names every scenario", () => {
  const { status, stdout } = bench("--help");
  for (const { name } of scenarios) expect(stdout).toContain(name);
  expect(status).toBe(0);
});

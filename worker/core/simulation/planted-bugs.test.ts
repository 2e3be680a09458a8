// The simulation, tested: with a bug planted in the source, it says so within a stated number of histories.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { plantedBugs } from "./planted-bugs.ts";

const main = join(import.meta.dirname, "main.ts");

function simulateWith(bug: string, histories: number) {
  const env = { ...process.env, BRINK_SEED: "1", BRINK_HISTORIES: String(histories) };
  return spawnSync(process.execPath, [main, bug], { env, encoding: "utf8" });
}

test.for(plantedBugs)("within $withinHistories histories it finds that $name", ({ name, withinHistories }) => {
  const { status, stdout, stderr } = simulateWith(name, withinHistories);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^promise \d+ is broken after \d+ histories/);
  expect(stdout).toMatch(/BRINK_SEED=\d+ BRINK_HISTORIES=1\n.*\n {2}\{"type"/);
  expect(status).toBe(1);
});

test("a finding can be had again from the seed that it tells, and its history is short", () => {
  const first = simulateWith("a stop is not stored", 1_000).stdout;
  const seed = /BRINK_SEED=(\d+)/.exec(first)?.[1] ?? "";
  const again = spawnSync(process.execPath, [main, "a stop is not stored"], {
    env: { ...process.env, BRINK_SEED: seed, BRINK_HISTORIES: "1" },
    encoding: "utf8",
  }).stdout;
  expect(again.replace("after 1 histories", "")).toBe(first.replace(/after \d+ histories/, ""));
  expect(again.split("\n  {").length).toBeLessThanOrEqual(4);
});

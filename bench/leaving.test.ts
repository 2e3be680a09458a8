import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { startTimeOf } from "../dev/processes.ts";

/** It and all that it started. */
function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(familyOf)];
}

test.runIf(process.platform === "linux")(
  "a bench that is told to end leaves neither folder nor process, and ends with the signal's code",
  { timeout: 120_000 },
  async () => {
    const state = mkdtempSync(join(tmpdir(), "brink-leaving-"));
    const args = ["main.ts", "--smoke", "--scenario", "paced", "--state", state];
    const bench = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ["ignore", "ignore", "pipe"] });
    try {
      const ended = once(bench, "exit");
      for await (const line of createInterface({ input: bench.stderr })) if (line.includes("1 stream")) break;
      const family = familyOf(bench.pid ?? 0);
      expect(readdirSync(state)).toHaveLength(1);
      expect(family.length).toBeGreaterThan(8); // Model, load, and thrice a workerd with who owns it.
      bench.kill("SIGTERM");
      expect(await ended).toEqual([143, null]);
      expect(readdirSync(state)).toEqual([]);
      expect(family.filter((pid) => startTimeOf(pid) !== undefined)).toEqual([]);
    } finally {
      bench.kill("SIGKILL");
      rmSync(state, { recursive: true });
    }
  },
);

import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { commandLineOf, startTimeOf } from "./processes.ts";

// By /proc, and as it is asked where there is none.
const ways = process.platform === "linux" ? [true, false] : [false];

test.each(ways)("a living process has a command line and a start that stays (by /proc: %s)", async (hasProc) => {
  const child = spawn("sleep", ["1000"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const { pid = 0 } = child;
  const startTime = startTimeOf(pid, hasProc);
  expect(startTime).toBeDefined();
  expect(commandLineOf(pid, hasProc)).toBe("sleep 1000");
  expect(startTimeOf(pid, hasProc)).toBe(startTime);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(startTimeOf(pid, hasProc)).toBeUndefined();
  expect(commandLineOf(pid, hasProc)).toBeUndefined();
});

test.each(ways)("a zombie is no process (by /proc: %s)", async (hasProc) => {
  // The shell becomes a sleep that never asks what became of the child it inherited.
  const parent = spawn("sh", ["-c", "true & echo $!; exec sleep 1000"], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [line]: unknown[] = await once(parent.stdout, "data");
  const zombie = Number(String(line));
  await expect.poll(() => startTimeOf(zombie, hasProc)).toBeUndefined();
  expect(commandLineOf(zombie, hasProc)).toBeUndefined();
  expect(startTimeOf(parent.pid ?? 0, hasProc)).toBeDefined();
});

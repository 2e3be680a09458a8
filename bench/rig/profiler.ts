// What a process spends its CPU on while it is measured, by perf (Linux; Debian calls the package linux-perf). Sampled by
// the clock and not by a counter of the processor, which a virtual machine may not have.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StartError } from "../../dev/start-error.ts";
import { parseSamples, type Profile } from "../areas.ts";

const SAMPLES_PER_SECOND = 2_000;
const ATTACH_MS = 10_000;
const MAX_PRINTED_BYTES = 512 * 2 ** 20;

/** Profiles all threads of a process from now on until the function that is returned is called. */
export async function startProfile(pid: number): Promise<() => Promise<Profile>> {
  const dir = mkdtempSync(join(tmpdir(), "brink-perf-"));
  const path = join(dir, "perf.data");
  const how = ["-q", "-e", "cpu-clock", "-F", String(SAMPLES_PER_SECOND), "-o", path, "-p", String(pid)];
  const perf = spawn("perf", ["record", ...how], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise<void>((resolve) => void perf.once("close", () => resolve()));
  try {
    await attached(perf);
  } catch (cause) {
    perf.kill();
    rmSync(dir, { recursive: true });
    throw cause;
  }
  return async () => {
    perf.kill("SIGINT"); // It then writes what it has.
    await ended;
    try {
      const print = ["script", "--no-inline", "-F", "ip,sym,dso", "-i", path];
      const printed = execFileSync("perf", print, {
        encoding: "utf8",
        maxBuffer: MAX_PRINTED_BYTES,
        stdio: ["ignore", "pipe", "ignore"],
      });
      return parseSamples(printed, 1 / SAMPLES_PER_SECOND);
    } finally {
      rmSync(dir, { recursive: true });
    }
  };
}

/** Waits until perf holds its counters: what runs before is not in its figures. */
async function attached(perf: ChildProcess): Promise<void> {
  await once(perf, "spawn").catch((cause: unknown) => {
    throw new StartError("--profile needs perf on the PATH: Debian has it as linux-perf.", { cause });
  });
  const deadline = performance.now() + ATTACH_MS;
  while (!hasCounters(perf.pid ?? 0)) {
    if (perf.exitCode !== null || performance.now() > deadline)
      throw new StartError("perf did not attach itself: may this user watch processes?");
    await sleep(50);
  }
  await sleep(200); // Its last counters, and their memory.
}

/** Whether it has any. Of a process that has ended, or ends meanwhile, nothing can be read. */
function hasCounters(pid: number): boolean {
  const dir = `/proc/${pid}/fd`;
  try {
    return readdirSync(dir).some((fd) => readlinkSync(join(dir, fd)) === "anon_inode:[perf_event]");
  } catch {
    return false;
  }
}

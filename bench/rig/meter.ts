// What a process costs, by the operating system's own books: CPU from /proc/PID/stat, memory from /proc/PID/status.
// Where there is no /proc, everything is null, and its cells and columns stay empty.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Profile } from "../areas.ts";
import { startProfile } from "./profiler.ts";

const TICKS_PER_SECOND = 100; // USER_HZ: the same on every Linux, whatever the kernel's own clock.
const QUIET_MS = 300; // No CPU for so long: what the load left behind (outbox, clean-up) is paid.
const SETTLE_MS = 8_000;
const SAMPLE_MS = 100;

export type Meter = {
  /** User and system time of all threads, those that ended included. */
  cpuSeconds(): number | null;
  rssBytes(): number | null;
  /** What the process held before any load; set once, when it has warmed up. */
  restingBytes: number | null;
  /** Waits until the process does nothing any more. */
  settle(): Promise<void>;
  /** Waits until what the last load left in memory, idle, has been let go. */
  cool(): Promise<void>;
  /** Notes the memory ten times a second until stopped. */
  watch(): () => MemorySample[];
  /** Where its CPU goes from now on, until the function that comes of it is called. Null: not asked for. */
  profile: (() => Promise<() => Promise<Profile>>) | null;
};

/** `at` in milliseconds since the epoch. */
export type MemorySample = { at: number; bytes: number };

/** `idleMs`: how long the process keeps what nobody uses any more. */
export function createMeter(pid: () => number, { idleMs = 0, isProfiled = false } = {}): Meter {
  const cpuSeconds = () => parseCpuSeconds(read(`/proc/${pid()}/stat`));
  const rssBytes = () => parseRssBytes(read(`/proc/${pid()}/status`));
  let workedAt = Number.NEGATIVE_INFINITY;
  return {
    cpuSeconds,
    rssBytes,
    restingBytes: null,
    async settle() {
      const deadline = performance.now() + SETTLE_MS;
      let last = cpuSeconds();
      for (let quietMs = 0; quietMs < QUIET_MS && performance.now() < deadline;) {
        await sleep(SAMPLE_MS);
        const next = cpuSeconds();
        quietMs = next === last ? quietMs + SAMPLE_MS : 0;
        last = next;
      }
    },
    profile: isProfiled ? () => startProfile(pid()) : null,
    cool: () => sleep(Math.max(0, workedAt + idleMs - performance.now())),
    watch() {
      const samples: MemorySample[] = [];
      const timer = setInterval(() => {
        const bytes = rssBytes();
        if (bytes !== null) samples.push({ at: performance.timeOrigin + performance.now(), bytes });
      }, SAMPLE_MS);
      return () => {
        clearInterval(timer);
        workedAt = performance.now();
        return samples;
      };
    },
  };
}

/** Fields 14 and 15, counted behind the command's name, which may hold blanks and brackets of its own. */
export function parseCpuSeconds(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks / TICKS_PER_SECOND : null;
}

export function parseRssBytes(status: string): number | null {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1_024;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

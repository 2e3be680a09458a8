// What must not be left behind by a bench that is told to end: processes, and folders, of which those in memory hold it.
// A signal closes what was started and then ends with the signal's own code; folders are gone whatever ends us.

import { mkdtempSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { within } from "./within.ts";

const CLOSE_MS = 15_000; // A child that does not end is killed after 5 s, and a workerd after 3.
const HURRY_MS = 1_000; // Control-C in a terminal reaches us twice at once: from the terminal, and by way of npm.

const folders = new Set<string>();
const closers = new Set<() => Promise<void>>();
let leaving: Promise<never> | null = null;

// Without waiting, since nothing can wait any more: the last resort, and nothing to do where all was closed.
process.on("exit", () => folders.forEach(remove));

/** A new folder, removed at the latest with this process. */
export function makeFolder(parent: string, prefix: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(parent, prefix));
  folders.add(path);
  return {
    path,
    remove() {
      folders.delete(path);
      remove(path);
    },
  };
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 }); // Whoever wrote into it may just be ending.
}

/** `close` is called should a signal come first; what it returns takes it back. */
export function closeOnSignal(close: () => Promise<void>): () => void {
  closers.add(close);
  return () => void closers.delete(close);
}

export function endOnSignals(): void {
  let since = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const code = 128 + constants.signals[name];
    process.on(name, () => {
      if (leaving !== null && performance.now() - since > HURRY_MS) process.exit(code);
      if (leaving !== null) return;
      since = performance.now();
      leaving = leave(code);
    });
  }
}

/** Settles never: whoever sees its parts being closed under it waits here for the end. Null: nobody is leaving. */
export function untilLeft(): Promise<never> | null {
  return leaving;
}

async function leave(code: number): Promise<never> {
  const closed = Promise.allSettled([...closers].map((close) => close()));
  await within(CLOSE_MS, "closing", closed).catch((error: unknown) => console.error(String(error)));
  process.exit(code);
}

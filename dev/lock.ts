// Who uses a state folder. `DIR/lock` names the Brink that runs there and, a line each, the processes that it started:
// two workerds on one folder would run the same conversation twice, and two PGlites corrupt it. A lock whose owner
// is gone is taken over, after the processes that outlived it were ended, each only if its command line is still ours.

import { randomUUID } from "node:crypto";
import {
  accessSync,
  appendFileSync,
  constants,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { commandLineOf, startTimeOf } from "./processes.ts";
import { StartError } from "./start-error.ts";

export type Lock = {
  path: string;
  addChild(pid: number): void;
  /** Oldest first. `workerd.sh` appends a line of its own, so that a workerd restarted after a crash stands here too. */
  children(): Child[];
  release(): void;
};

export type Child = { pid: number; command: string };

const END_MS = 5_000; // A killed process is gone in milliseconds, unless the disk holds it.
const POLL_MS = 5;

/** Takes the folder, or refuses in a sentence that names the process which has it. */
export async function acquireLock(stateDir: string): Promise<Lock> {
  const path = join(stateDir, "lock");
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    accessSync(stateDir, constants.W_OK);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : "unknown error";
    throw new StartError(`${stateDir} cannot be used as the state folder (${code}).`, { cause });
  }
  const owner = `brink ${process.pid} ${startTimeOf(process.pid)}`;
  for (;;) {
    if (tryCreate(path, `${owner}\n`)) return lockAt(path, owner);
    const text = read(path);
    if (text === undefined) continue; // Released just now.
    const pid = livingOwner(text);
    if (pid !== undefined) {
      throw new StartError(
        `Process ${pid} already runs Brink on ${stateDir}: stop it, or choose another --state folder.`,
      );
    }
    await clear(path, owner);
  }
}

/** A name appears with its content or not at all: nobody ever reads half a lock. */
function tryCreate(path: string, text: string): boolean {
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function lockAt(path: string, owner: string): Lock {
  return {
    path,
    addChild: (pid) => appendFileSync(path, `child ${pid} ${commandLineOf(pid)}\n`),
    children: () => childrenIn(read(path) ?? ""),
    release() {
      if (firstLine(read(path) ?? "") === owner) rmSync(path, { force: true });
    },
  };
}

/**
 * Ends what a dead owner left and removes its lock. Under a claim, because of two that found the same stale lock the
 * slower one would remove the lock that the quicker one has put in its place.
 */
async function clear(path: string, owner: string): Promise<void> {
  const claim = `${path}.claim`;
  if (!tryCreate(claim, owner)) {
    // Left by a start that was killed at this very point, or somebody is at it now.
    if (livingOwner(read(claim) ?? owner) === undefined) rmSync(claim, { force: true });
    return setTimeout(POLL_MS);
  }
  try {
    const text = read(path);
    if (text === undefined || livingOwner(text) !== undefined) return;
    // Twice: a watcher among them may have started another workerd before it was ended.
    for (const child of childrenIn(text)) await end(child);
    for (const child of childrenIn(read(path) ?? "")) await end(child);
    rmSync(path);
  } finally {
    rmSync(claim, { force: true });
  }
}

function livingOwner(text: string): number | undefined {
  const [, pid, startTime] = /^brink (\d+) (.+)$/.exec(firstLine(text)) ?? [];
  return pid !== undefined && startTimeOf(Number(pid)) === startTime ? Number(pid) : undefined;
}

function childrenIn(text: string): Child[] {
  return [...text.matchAll(/^child (\d+) (.+)$/gm)].map(([, pid, command = ""]) => ({ pid: Number(pid), command }));
}

async function end({ pid, command }: Child): Promise<void> {
  const startTime = startTimeOf(pid);
  const present = commandLineOf(pid);
  if (startTime === undefined || (present !== undefined && present !== command)) return;
  // One without a command line is ending already: its memory is gone before its ports and files are.
  if (present === command) kill(pid);
  const deadline = performance.now() + END_MS;
  while (startTimeOf(pid) === startTime) {
    if (performance.now() > deadline) throw new StartError(`Process ${pid}, left by an earlier start, does not end.`);
    await setTimeout(POLL_MS);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (cause) {
    if (hasCode(cause, "ESRCH")) return;
    throw new StartError(`Process ${pid}, left by an earlier start, cannot be ended.`, { cause });
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { acquireLock } from "./lock.ts";
import { commandLineOf, startTimeOf } from "./processes.ts";

function stateDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "brink-lock-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A process of ours that does nothing, until the test ends. */
async function startSleeper(...args: string[]): Promise<{ pid: number; command: string; process: ChildProcess }> {
  const source = "process.stdin.resume(); console.log('up')";
  const sleeper = spawn(process.execPath, ["-e", source, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void sleeper.kill("SIGKILL"));
  await once(sleeper.stdout, "data");
  const { pid = 0 } = sleeper;
  return { pid, command: commandLineOf(pid) ?? "", process: sleeper };
}

const NOBODY = "brink 999999999 1"; // No system hands out such an id.

test("a folder that does not exist is made, for its owner alone", async () => {
  const dir = join(stateDir(), "deep", "state");
  const lock = await acquireLock(dir);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  lock.release();
  expect(readdirSync(dir)).toEqual([]);
});

test("a folder in use is refused by a sentence that names the process, and is free after its release", async () => {
  const dir = stateDir();
  const lock = await acquireLock(dir);
  await expect(acquireLock(dir)).rejects.toThrow(`Process ${process.pid} already runs Brink on ${dir}`);
  lock.release();
  (await acquireLock(dir)).release();
});

test("a lock whose owner is gone is taken over, and so is one whose id belongs to a later process", async () => {
  const dir = stateDir();
  for (const stale of [NOBODY, `brink ${process.pid} long-ago`, "", "half a li"]) {
    writeFileSync(join(dir, "lock"), stale);
    const lock = await acquireLock(dir);
    expect(readFileSync(lock.path, "utf8")).toBe(`brink ${process.pid} ${startTimeOf(process.pid)}\n`);
    lock.release();
  }
});

test("a start that was killed while it cleared a stale lock is in nobody's way", async () => {
  const dir = stateDir();
  writeFileSync(join(dir, "lock"), NOBODY);
  writeFileSync(join(dir, "lock.claim"), NOBODY);
  (await acquireLock(dir)).release();
  expect(readdirSync(dir)).toEqual([]);
});

test("what a dead owner left running is ended before the folder is taken", async () => {
  const dir = stateDir();
  const orphan = await startSleeper("orphan");
  writeFileSync(join(dir, "lock"), `${NOBODY}\nchild ${orphan.pid} ${orphan.command}\n`);
  const lock = await acquireLock(dir);
  expect(startTimeOf(orphan.pid)).toBeUndefined();
  lock.release();
});

test("a process whose command line is not the one that was started is somebody else's, and stays", async () => {
  const dir = stateDir();
  const stranger = await startSleeper("stranger");
  writeFileSync(join(dir, "lock"), `${NOBODY}\nchild ${stranger.pid} ${stranger.command} --other\n`);
  const lock = await acquireLock(dir);
  expect(commandLineOf(stranger.pid)).toBe(stranger.command);
  lock.release();
});

test("children are listed oldest first, with the command lines that they have", async () => {
  const [first, second] = [await startSleeper("first"), await startSleeper("second")];
  const lock = await acquireLock(stateDir());
  lock.addChild(first.pid);
  lock.addChild(second.pid);
  expect(lock.children()).toEqual([
    { pid: first.pid, command: first.command },
    { pid: second.pid, command: second.command },
  ]);
  lock.release();
});

test("a lock that another process took meanwhile is not released", async () => {
  const lock = await acquireLock(stateDir());
  writeFileSync(lock.path, NOBODY);
  lock.release();
  expect(existsSync(lock.path)).toBe(true);
});

test("of eight that find a stale lock at once, one gets the folder", async () => {
  const dir = stateDir();
  writeFileSync(join(dir, "lock"), NOBODY);
  // Each waits for the word, tries, tells, and keeps what it got until its input ends.
  const source = `
    import { acquireLock } from ${JSON.stringify(join(import.meta.dirname, "lock.ts"))};
    console.log("waiting");
    await new Promise((resolve) => process.stdin.once("data", resolve));
    const outcome = await acquireLock(${JSON.stringify(dir)}).then(() => "won", (error) => error.message);
    console.log(outcome);
    await new Promise((resolve) => process.stdin.once("end", resolve));
  `;
  const rivals = Array.from({ length: 8 }, () => {
    const args = ["--input-type=module-typescript", "--disable-warning=ExperimentalWarning", "-e", source];
    const rival = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface(rival.stdout)[Symbol.asyncIterator]();
    return { rival, next: async () => String((await lines.next()).value), gone: once(rival, "exit") };
  });
  await Promise.all(rivals.map(({ next }) => next()));
  for (const { rival } of rivals) rival.stdin.write("go");
  const outcomes = await Promise.all(rivals.map(({ next }) => next()));
  for (const { rival } of rivals) rival.stdin.end();
  await Promise.all(rivals.map(({ gone }) => gone));
  expect(outcomes.filter((outcome) => outcome === "won")).toHaveLength(1);
  expect(outcomes.filter((outcome) => / already runs Brink on /.test(outcome))).toHaveLength(7);
});

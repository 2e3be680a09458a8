// `npm start` as a person starts it: npm's own process is what is signalled, and everything under it must be gone.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { startTimeOf } from "./processes.ts";

const root = join(import.meta.dirname, "..");
const stateDir = mkdtempSync(join(tmpdir(), "brink-up-"));
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

type Started = { npm: ChildProcess; out: string[]; err: string[]; exit: Promise<number | null> };

/** With no variable of the machine that runs the tests in it. */
function npmStart(args: readonly string[], variables: Record<string, string> = {}): Started {
  const { PATH = "", HOME = "" } = process.env;
  const env = { PATH, HOME, npm_config_update_notifier: "false", ...variables };
  const npm = spawn("npm", ["start", "--silent", "--", ...args], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const [out, err]: [string[], string[]] = [[], []];
  createInterface(npm.stdout).on("line", (line) => out.push(line));
  createInterface(npm.stderr).on("line", (line) => err.push(line));
  const exit = once(npm, "close").then(([code]: (number | null)[]) => code ?? null);
  const started = { npm, out, err, exit };
  onTestFinished(async () => {
    npm.kill("SIGTERM");
    await exit;
  });
  return started;
}

/** The address, once it is printed; an npm that ends before has failed. */
async function ready({ out, err, npm }: Started): Promise<string> {
  const url = () => out.map((line) => /^Brink is ready at (http:\/\/127\.0\.0\.1:\d+)$/.exec(line)?.[1]).find(Boolean);
  await expect.poll(() => url() ?? npm.exitCode, { timeout: 60_000, interval: 20 }).not.toBeNull();
  expect(url(), err.join("\n")).toBeDefined();
  return url() ?? "";
}

function descendantsOf(pid: number): number[] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const pairs = table.map((line) => line.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (const parent of found) {
    for (const [child = 0, of] of pairs) if (of === parent) found.push(child);
  }
  return found.slice(1);
}

const alive = (pids: number[]) => pids.filter((pid) => startTimeOf(pid) !== undefined);
const lockOwner = () => Number(/^brink (\d+)/.exec(readFileSync(join(stateDir, "lock"), "utf8"))?.[1]);

test("npm start --quiet prints one line, serves, refuses a second on its folder or port, and ends whole", async () => {
  const first = npmStart(["--quiet", "--port", "0", "--state", stateDir]);
  const url = await ready(first);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await (await fetch(url)).text()).toContain("<title>Brink</title>");

  const second = npmStart(["--port", "0", "--state", stateDir]);
  expect(await second.exit).toBe(1);
  expect(second.err).toEqual([expect.stringContaining(`Process ${lockOwner()} already runs Brink on ${stateDir}`)]);
  const third = npmStart(["--port", new URL(url).port, "--state", join(stateDir, "other")]);
  expect(await third.exit).toBe(1);
  expect(third.err).toEqual([`Port ${new URL(url).port} is taken by another program: choose another with --port N.`]);

  const { pid = 0 } = first.npm;
  const started = [pid, ...descendantsOf(pid)];
  expect(started.length).toBeGreaterThanOrEqual(3); // npm, Node, workerd
  first.npm.kill("SIGTERM");
  expect(await first.exit).toBe(0);
  expect(alive(started)).toEqual([]);
  expect(first.out).toEqual([`Brink is ready at ${url}`]);
  expect(first.err).toEqual([]);
  expect(existsSync(join(stateDir, "lock"))).toBe(false);
}, 90_000);

test("after SIGKILL of the Node that runs it, the next start ends the workerd it left and serves the same folder", async () => {
  const first = npmStart(["--port", "0", "--state", stateDir]);
  const url = await ready(first);
  const left = descendantsOf(lockOwner());
  expect(left).toHaveLength(1);
  process.kill(lockOwner(), "SIGKILL");
  expect(await first.exit).not.toBe(0);
  expect((await fetch(`${url}/healthz`)).status).toBe(200); // By the workerd that nobody owns.

  const second = npmStart(["--port", new URL(url).port, "--state", stateDir]);
  expect(await ready(second)).toBe(url);
  expect(alive(left)).toEqual([]);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
}, 90_000);

test("a start that is stopped before it is ready ends with 0, and nothing is left of it", async () => {
  const starting = npmStart(["--port", "0", "--state", stateDir]);
  await expect.poll(() => existsSync(join(stateDir, "lock")), { timeout: 20_000 }).toBe(true);
  const owner = lockOwner();
  starting.npm.kill("SIGTERM");
  expect(await starting.exit).toBe(0);
  expect(alive([owner])).toEqual([]);
}, 60_000);

test("what is wrong is one sentence on stderr, nothing on stdout, and a code that is not 0", async () => {
  const wrong: [string[], Record<string, string>, RegExp][] = [
    [["--port", "x"], {}, /^--port needs a whole number/],
    [["--frobnicate"], {}, /^Brink knows --port N, --state DIR and --quiet, not "--frobnicate"\.$/],
    [[], { LIMITS: "many" }, /^LIMITS must be off, or user=N,ip=N,live=N/],
    [[], { REDIS_URL: "redis://:hunter2@127.0.0.1:1" }, /^Redis at (?!.*hunter2).*127\.0\.0\.1:1/],
  ];
  for (const [args, variables, sentence] of wrong) {
    const refused = npmStart(["--quiet", "--state", stateDir, "--port", "0", ...args], variables);
    expect(await refused.exit).toBe(1);
    expect(refused.out).toEqual([]);
    expect(refused.err).toEqual([expect.stringMatching(sentence)]);
  }
}, 60_000);

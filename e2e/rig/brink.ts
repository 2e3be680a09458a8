// `npm start` as a person runs it: a tree of processes, npm above Node above workerd, known by their ids alone. Nothing
// of this machine's environment reaches it, so that every suite starts what a clean clone starts.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { startTimeOf } from "../../dev/processes.ts";
import { cleanEnvironment } from "./environment.ts";

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

export type BrinkOptions = {
  stateDir: string;
  /** Absent: any free one. */
  port?: number;
  variables?: Record<string, string>;
  /** After `--quiet`. */
  args?: readonly string[];
};

export type Brink = {
  url: string;
  npmPid: number;
  nodePid: number;
  /** The workerd that runs now: after a crash another one than before. */
  workerdPid(): number;
  /** What stands on stdout and stderr, by lines. npm's own banner is not ours. */
  printed(): string[];
  complaints(): string[];
  /** SIGTERM to npm, as an init system does. A second call waits with the first. */
  stop(): Promise<Exit>;
  /** SIGKILL to all of it at once, as a power cut does. */
  killTree(): Promise<void>;
};

const READY_MS = 110_000; // The first start of all builds the app and the Worker.
const REPOSITORY = join(import.meta.dirname, "..", "..");
type Run = {
  pid: number;
  printed(): string[];
  complaints(): string[];
  /** Settles when something more was printed, or nothing ever will be. */
  more(): Promise<unknown>;
  exited: Promise<Exit>;
};
const running = new Set<number>();
process.once("exit", () => running.forEach((pid) => kill(pid, "SIGKILL")));

/** Runs `npm start` to its end: what a start says that refuses. */
export async function runBrink(options: BrinkOptions): Promise<Exit & { printed: string[]; complaints: string[] }> {
  const run = spawnNpm(options);
  const exit = await run.exited;
  return { ...exit, printed: run.printed(), complaints: run.complaints() };
}

export async function startBrink(options: BrinkOptions): Promise<Brink> {
  const run = spawnNpm(options);
  const url = await readyUrl(run);
  const lock = () => readFileSync(join(options.stateDir, "lock"), "utf8");
  const nodePid = Number(/^brink (\d+) /.exec(lock())?.[1]);
  running.add(nodePid);
  const workerdPids = () => [...lock().matchAll(/^child (\d+) /gm)].map(([, pid]) => Number(pid));
  // Kept, because a start that has ended took its lock along.
  let known = workerdPids();
  known.forEach((pid) => running.add(pid));

  const gone = async (): Promise<Exit> => {
    const exit = await run.exited;
    for (const pid of [nodePid, ...known]) running.delete(pid);
    return exit;
  };
  let stopping: Promise<Exit> | undefined;
  return {
    url,
    npmPid: run.pid,
    nodePid,
    workerdPid() {
      known = workerdPids();
      known.forEach((pid) => running.add(pid));
      return known.at(-1) ?? 0;
    },
    printed: run.printed,
    complaints: run.complaints,
    stop() {
      kill(run.pid, "SIGTERM");
      return (stopping ??= gone());
    },
    async killTree() {
      // From the top: a parent that lived on would start its child again.
      for (const pid of [run.pid, nodePid, ...workerdPids()]) kill(pid, "SIGKILL");
      await gone();
    },
  };
}

function spawnNpm({ stateDir, port = 0, variables = {}, args = [] }: BrinkOptions): Run {
  const env = cleanEnvironment({ ...variables, npm_config_update_notifier: "false" });
  const options = ["--port", String(port), "--state", stateDir, "--quiet", ...args];
  const child = spawn("npm", ["start", "--", ...options], { cwd: REPOSITORY, env, stdio: ["ignore", "pipe", "pipe"] });
  const pid = child.pid;
  if (pid === undefined) throw new Error("npm cannot be started; is it on the PATH?");
  running.add(pid);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const exited = once(child, "close").then(([code, signal]): Exit => {
    running.delete(pid);
    return { code, signal };
  });
  return {
    pid,
    exited,
    more: () => Promise.race([once(child.stdout, "data"), exited]),
    printed: () => linesOf(stdout).filter((line) => !line.startsWith("> ")),
    complaints: () => linesOf(stderr).filter((line) => !/^npm (warn|notice|error) /i.test(line)),
  };
}

async function readyUrl(run: Run): Promise<string> {
  const late = AbortSignal.timeout(READY_MS);
  const isLate = once(late, "abort").then(() => Promise.reject(new Error(`No start within ${READY_MS} ms.`)));
  for (let isOver = false; ;) {
    const url = /^Brink is ready at (http:\/\/127\.0\.0\.1:\d+)$/m.exec(run.printed().join("\n"))?.[1];
    if (url !== undefined) return url;
    if (isOver) throw new Error(`npm start did not begin to serve: ${run.complaints().join("\n")}`);
    isOver = await Promise.race([run.more().then(() => false), run.exited.then(() => true), isLate]);
  }
}

/** False when there is no such process any more; a zombie is none. */
export function isRunning(pid: number): boolean {
  return startTimeOf(pid) !== undefined;
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** A port that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

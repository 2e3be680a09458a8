// Where chaos takes place: the model, and the stack behind its fault proxies, each in a process of its own, so that what
// is measured here is not what this process is busy with. Everything by the public API; only crashes and faults are not.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../dev/neon-connect.ts";
import { SIMULATED_MODEL, type SimulatedRequest, type SimulatedStats } from "../../dev/simulated-llm.ts";
import { kill } from "../rig/brink.ts";
import { cleanEnvironment } from "../rig/environment.ts";
import type { Fault } from "./fault-proxy.ts";
import type { Order, Service, StackArguments, StackNews } from "./stack-process.ts";

export type Arena = {
  url: string;
  /** What the model saw: exact counts, and the last thousand requests. */
  model(): Promise<{ stats: SimulatedStats; requests: SimulatedRequest[] }>;
  workerdPid(): number;
  /** SIGKILL of workerd; settles when the server answers again, with the moment at which it did (`performance.now()`). */
  crash(): Promise<number>;
  /** Settles when they are in force, with how many requests each kind has struck until now. */
  setFaults(service: Service, faults: Fault[]): Promise<Record<Fault, number>>;
  /** Around the fault proxy, at the database itself. */
  query(text: string): Promise<Record<string, unknown>[]>;
  redisKeys(): Promise<string[]>;
  /** What the Worker logged as an error. */
  log(): string[];
  close(): Promise<void>;
};

const ANSWERS_AGAIN_MS = 30_000;
const POLL_MS = 20;
const CLOSE_MS = 10_000;

export async function openArena(seed: number, variables: Record<string, string> = {}): Promise<Arena> {
  const stateDir = mkdtempSync(join(tmpdir(), "brink-chaos-"));
  const model = startProcess("../../bench/rig/model-process.ts", []);
  const { url: modelUrl }: { url: string } = await model.hear();
  const stackArguments: StackArguments = {
    stateDir,
    seed,
    variables: { LIMITS: "off", OPENAI_BASE_URL: modelUrl, OPENAI_MODEL: SIMULATED_MODEL, ...variables },
  };
  const stack = startProcess("stack-process.ts", [JSON.stringify(stackArguments)]);
  const { url, database, redis }: StackNews = await stack.hear();

  const workerdPid = () => {
    const children = [...readFileSync(join(stateDir, "lock"), "utf8").matchAll(/^child (\d+) /gm)];
    return Number(children.at(-1)?.[1] ?? 0);
  };
  return {
    url,
    workerdPid,
    model: async () => JSON.parse(await (await fetch(new URL("/stats", modelUrl))).text()),
    async crash() {
      kill(workerdPid(), "SIGKILL");
      const deadline = performance.now() + ANSWERS_AGAIN_MS;
      while (!(await answers(url))) {
        if (performance.now() > deadline) throw new Error(`no answer ${ANSWERS_AGAIN_MS} ms after a crash`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      return performance.now();
    },
    setFaults(service, faults) {
      const order: Order = { service, faults };
      stack.child.send(order);
      return stack.hear();
    },
    query: async (text) => connect(database).query(text),
    async redisKeys() {
      const headers = { Authorization: `Bearer ${redis.token}` };
      const response = await fetch(redis.url, { method: "POST", headers, body: '["KEYS","*"]' });
      const { result }: { result: string[] } = JSON.parse(await response.text());
      return result;
    },
    log: stack.log,
    async close() {
      await stack.close();
      await model.close();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1_000) });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

type Process = { child: ChildProcess; hear<T>(): Promise<T>; log(): string[]; close(): Promise<void> };

/** Our own processes answer, so what they say has the form that they send. */
function startProcess(script: string, args: string[]): Process {
  const child = fork(join(import.meta.dirname, script), args, {
    env: cleanEnvironment(),
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return {
    child,
    log: () => output.split("\n").filter((line) => line !== ""),
    async hear() {
      const heard = await Promise.race([once(child, "message"), ended.then(() => null)]);
      if (heard === null) throw new Error(`${script} ended with ${child.exitCode ?? child.signalCode}`);
      return heard[0];
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      if (child.connected) child.disconnect();
      const late = setTimeout(() => child.kill("SIGKILL"), CLOSE_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

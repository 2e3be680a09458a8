// Everything that a measurement needs, each in a process of its own: the paced model, the bare pipe, Brink's whole
// stack, and the load. Only the stand-ins for Postgres and Redis share this process with the runner.

import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { SIMULATED_MODEL } from "../../dev/simulated-llm.ts";
import { startStack } from "../../dev/stack.ts";
import { parseVariables } from "../../dev/variables.ts";
import type { Job, JobResult, StreamResult } from "../load/job.ts";
import { startChild } from "./child.ts";
import { createMeter, type Meter } from "./meter.ts";

export type RigOptions = {
  /** The folder in which Brink's state is kept while the bench runs. */
  stateParent: string;
  isSmoke: boolean;
  /** Limits on, and database and Redis each 20 ms away. */
  isFar: boolean;
  /** The checkout whose Worker is measured; null: this one. */
  root: string | null;
  onProgress(sentence: string): void;
};

export type Rig = {
  model: { url: string; meter: Meter };
  pipe: { url: string; meter: Meter };
  brink: { url: string; meter: Meter };
  /** Lines of Brink's log at level warn or error. */
  complaints: string[];
  load(job: Job): Promise<StreamResult[]>;
  /** The same, with what the load itself took. */
  runJob(job: Job): Promise<JobResult>;
  close(): Promise<void>;
};

export const FAR_MS = 20;
// Limits that are asked on every send, and that no load here reaches.
const FAR_LIMITS = "user=1000000,ip=1000000,live=100000";

// workerd keeps an idle object for ten seconds: until then it counts as if it were live.
const EVICTION_MS = 11_000;

const modelReady = z.object({ url: z.string() });
const pipeReady = z.object({ url: z.string(), workerdPid: z.number() });

export async function startRig({ stateParent, isSmoke, isFar, root, onProgress }: RigOptions): Promise<Rig> {
  await using parts = new AsyncDisposableStack();
  const start = (script: string, args: readonly string[] = []) => {
    const child = startChild(join(import.meta.dirname, script), args);
    parts.defer(() => child.close());
    return child;
  };
  const modelProcess = start("model-process.ts");
  const model = modelReady.parse(await modelProcess.hear());
  const stateDir = mkdtempSync(join(stateParent, "brink-bench-"));
  parts.defer(async () => rmSync(stateDir, { recursive: true, force: true }));
  const complaints: string[] = [];
  const load = start("../load/process.ts");
  const pipeProcess = start("pipe-process.ts", [model.url]);
  const stack = await startStack({
    stateDir,
    ...(root !== null && { root }),
    variables: parseVariables({
      OPENAI_BASE_URL: model.url,
      OPENAI_MODEL: SIMULATED_MODEL,
      LIMITS: isFar ? FAR_LIMITS : "off",
    }),
    ...(isFar && { latencyMs: { database: FAR_MS, redis: FAR_MS } }),
    onProgress,
    onLog: ({ level, message }) => {
      if (level === "warn" || level === "error") complaints.push(message);
    },
  });
  parts.defer(() => stack.close());
  const pipe = pipeReady.parse(await pipeProcess.hear());
  await load.hear(); // It is ready.

  const owned = parts.move();
  const runJob = async (job: Job): Promise<JobResult> => {
    load.send(job);
    // Our own process answers, with what `load/process.ts` sends.
    return (await load.hear()) as JobResult;
  };
  return {
    model: { url: model.url, meter: createMeter(() => modelProcess.pid) },
    pipe: { url: pipe.url, meter: createMeter(() => pipe.workerdPid) },
    brink: { url: stack.url, meter: createMeter(() => stack.workerdPid(), isSmoke ? 0 : EVICTION_MS) },
    complaints,
    load: async (job) => (await runJob(job)).results,
    runJob,
    close: () => owned.disposeAsync(),
  };
}

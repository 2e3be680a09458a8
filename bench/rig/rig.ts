// Everything that a measurement needs, each in a process of its own: the paced model; the bare pipe, a bare object and
// Brink, each in a workerd by itself; and the load. Only the stand-ins for Postgres and Redis share this process with
// the runner.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { buildBrink } from "../../dev/build.ts";
import { bindingsOf, startServices } from "../../dev/services.ts";
import { readSessionSecret } from "../../dev/session-secret.ts";
import { SIMULATED_MODEL } from "../../dev/simulated-llm.ts";
import { parseVariables } from "../../dev/variables.ts";
import { makeFolder } from "../leaving.ts";
import type { Job, JobResult, StreamResult } from "../load/job.ts";
import { within } from "../within.ts";
import { startChild } from "./child.ts";
import { latencyOf, limitsOf } from "./far.ts";
import { createMeter, type Meter } from "./meter.ts";
import { type Site, startSite } from "./site.ts";
import type { WorkerdOptions } from "./workerd.ts";

export type RigOptions = {
  /** The folder in which Brink's state is kept while the bench runs. */
  stateParent: string;
  isSmoke: boolean;
  /** Limits on, and database and Redis each 20 ms away. */
  isFar: boolean;
  /** Say, too, where the CPU goes: with perf, which takes some of it. */
  isProfiled: boolean;
  /** The checkout whose Worker is measured; null: this one. */
  root: string | null;
  onProgress(sentence: string): void;
};

export type Rig = {
  model: { url: string; meter: Meter };
  pipe: { url: string; meter: Meter };
  /** The least that keeps an answer: about what the platform costs. */
  object: { url: string; meter: Meter };
  brink: { url: string; meter: Meter };
  /** The checkout whose Brink is measured. */
  root: string;
  /** Brink once more, of the same checkout and as far from its services, as `npm start` has it: with its page. */
  startSite(): Promise<Site>;
  /** One such, started when first asked for, and closed with the rig. */
  site(): Promise<Site>;
  /** Lines of Brink's log at level warn or error; complete when the rig is closed. */
  complaints: string[];
  load(job: Job): Promise<StreamResult[]>;
  /** The same, with what the load itself took. */
  runJob(job: Job): Promise<JobResult>;
  close(): Promise<void>;
};

// workerd keeps an idle object for ten seconds: until then it counts as if it were live.
const EVICTION_MS = 11_000;

const COMPLAINTS_MS = 5_000;
const CLOSE_MS = 60_000; // A process that does not end is killed after 5 s, and there are five.

const modelReady = z.object({ url: z.string() });
const workerdReady = z.object({ url: z.string(), pid: z.number() });
const complained = z.object({ complaints: z.array(z.string()) });

const REPOSITORY = join(import.meta.dirname, "..", "..");
const BUILDS = join(REPOSITORY, "node_modules", ".cache", "brink");
const PIPE = join(REPOSITORY, "bench", "pipe", "worker.js");
const OBJECT = join(REPOSITORY, "bench", "object", "worker.js");
const BUILD_MS = 120_000;

export async function startRig({
  stateParent,
  isSmoke,
  isFar,
  isProfiled,
  root,
  onProgress,
}: RigOptions): Promise<Rig> {
  await using parts = new AsyncDisposableStack();
  const start = (script: string) => {
    const child = startChild(join(import.meta.dirname, script));
    parts.defer(() => child.close());
    return child;
  };
  const run = async (options: WorkerdOptions) => {
    const child = start("workerd-process.ts");
    child.send(options);
    return { child, ...workerdReady.parse(await child.hear()) };
  };
  const modelProcess = start("model-process.ts");
  const model = modelReady.parse(await modelProcess.hear());
  const state = makeFolder(stateParent, "brink-bench-");
  const { path: stateDir } = state;
  parts.defer(async () => state.remove());
  const load = start("../load/process.ts");

  const brinkRoot = root ?? REPOSITORY;
  const build = await buildBrink({
    root: brinkRoot,
    cacheDir: BUILDS,
    signal: AbortSignal.timeout(BUILD_MS),
    onBuilding: () => onProgress("Building the web app and the Worker: once, until their sources change."),
  });
  const variables = parseVariables({
    OPENAI_BASE_URL: model.url,
    OPENAI_MODEL: SIMULATED_MODEL,
    LIMITS: limitsOf(isFar),
  });
  const services = await startServices(
    {
      variables,
      databaseDir: join(stateDir, "postgres"),
      migrationsDir: join(brinkRoot, "migrations"),
      latencyMs: latencyOf(isFar),
    },
    (part) => parts.defer(() => part.close()),
  );
  const compatibility = readCompatibility(build.dir); // The same for all three.
  const bindings = { MODEL_URL: model.url };
  const pipe = await run({ modulePath: PIPE, ...compatibility, bindings, objects: null });
  const object = await run({
    modulePath: OBJECT,
    ...compatibility,
    bindings,
    objects: { binding: "OBJECTS", className: "BareObject", dir: join(stateDir, "bare-objects") },
  });
  const brink = await run({
    modulePath: join(build.dir, "worker", "index.js"),
    ...compatibility,
    bindings: bindingsOf(services, variables, readSessionSecret(stateDir)),
    objects: { binding: "CONVERSATIONS", className: "Conversation", dir: join(stateDir, "objects") },
  });
  await load.hear(); // It is ready.

  let site: Promise<Site> | null = null;
  parts.defer(async () => {
    await (await site)?.[Symbol.asyncDispose]();
  });
  const startOwnSite = () => startSite({ modelUrl: model.url, root: brinkRoot, stateParent, isFar });
  const complaints: string[] = [];
  const owned = parts.move();
  const runJob = async (job: Job): Promise<JobResult> => {
    load.send(job);
    // Our own process answers, with what `load/process.ts` sends.
    return (await load.hear()) as JobResult;
  };
  const idleMs = isSmoke ? 0 : EVICTION_MS;
  return {
    model: { url: model.url, meter: createMeter(() => modelProcess.pid) },
    pipe: { url: pipe.url, meter: createMeter(() => pipe.pid, { isProfiled }) },
    object: { url: object.url, meter: createMeter(() => object.pid, { idleMs, isProfiled }) },
    brink: { url: brink.url, meter: createMeter(() => brink.pid, { idleMs, isProfiled }) },
    root: brinkRoot,
    startSite: startOwnSite,
    site: () => (site ??= startOwnSite()),
    complaints,
    load: async (job) => (await runJob(job)).results,
    runJob,
    async close() {
      brink.child.send({});
      const asked = within(COMPLAINTS_MS, "the question for complaints", brink.child.hear());
      // Whatever comes of the question, all is closed; and whatever comes of that, the bench ends.
      const answered = asked.then((answer) => complained.parse(answer).complaints);
      complaints.push(...(await answered.catch((error: unknown) => [String(error)])));
      await within(CLOSE_MS, "closing what was started", owned.disposeAsync());
    },
  };
}

const built = z.object({ compatibilityDate: z.string(), compatibilityFlags: z.array(z.string()) });

function readCompatibility(buildDir: string): z.output<typeof built> {
  return built.parse(JSON.parse(readFileSync(join(buildDir, "worker.json"), "utf8")));
}

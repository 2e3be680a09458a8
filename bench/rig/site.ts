// A second Brink beside the rig's own, whose code can be changed under its state: what a deploy does. Database, Redis and
// port stay; workerd and everything in its memory go.

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildBrink } from "../../dev/build.ts";
import { acquireLock } from "../../dev/lock.ts";
import { startRuntime } from "../../dev/runtime.ts";
import { bindingsOf, startServices } from "../../dev/services.ts";
import { readSessionSecret } from "../../dev/session-secret.ts";
import { latencyOf, limitsOf } from "./far.ts";
import { SIMULATED_MODEL } from "../../dev/simulated-llm.ts";
import { parseVariables } from "../../dev/variables.ts";
import * as z from "zod/mini";
import { closeOnSignal, makeFolder } from "../leaving.ts";

export const NEXT_VERSION = "0.0.0-next";

export type Site = AsyncDisposable & {
  url: string;
  /** Settles when the new code, which calls itself `NEXT_VERSION`, takes requests. */
  deploy(): Promise<void>;
};

const BUILDS = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "brink");
const BUILD_MS = 120_000;

export type SiteOptions = {
  modelUrl: string;
  /** The checkout whose code it is. */
  root: string;
  /** The folder in which its state is kept. */
  stateParent: string;
  isFar: boolean;
};

export async function startSite({ modelUrl, root, stateParent, isFar }: SiteOptions): Promise<Site> {
  await using parts = new AsyncDisposableStack();
  const folder = makeFolder(stateParent, "brink-site-");
  const { path: dir } = folder;
  parts.defer(async () => folder.remove());
  const build = await buildBrink({ root, cacheDir: BUILDS, signal: AbortSignal.timeout(BUILD_MS) });
  const next = nextBuild(build.dir, join(dir, "next"), readVersion(root));

  const lock = await acquireLock(dir);
  parts.defer(async () => lock.release());
  const variables = parseVariables({
    OPENAI_BASE_URL: modelUrl,
    OPENAI_MODEL: SIMULATED_MODEL,
    LIMITS: limitsOf(isFar),
  });
  const places = {
    databaseDir: join(dir, "postgres"),
    migrationsDir: join(root, "migrations"),
    latencyMs: latencyOf(isFar),
  };
  const services = await startServices({ variables, ...places }, (part) => parts.defer(() => part.close()));
  const bindings = bindingsOf(services, variables, readSessionSecret(dir));
  const worker = { bindings, objectsDir: join(dir, "objects", "v3"), lock, onLog: () => undefined };
  let runtime = await startRuntime({ ...worker, build, port: 0 });
  parts.defer(() => runtime.close());

  const { url } = runtime;
  const owned = parts.move();
  const forget = closeOnSignal(() => owned.disposeAsync());
  owned.defer(async () => forget());
  return {
    url,
    async deploy() {
      await runtime.close();
      runtime = await startRuntime({ ...worker, build: next, port: Number(new URL(url).port) });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const versioned = z.object({ version: z.string() });

function readVersion(root: string): string {
  return versioned.parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8"))).version;
}

/** The same build under another version: as little of a change as is a change. */
function nextBuild(dir: string, nextDir: string, version: string): { dir: string } {
  cpSync(dir, nextDir, { recursive: true });
  const path = join(nextDir, "worker", "index.js");
  const code = readFileSync(path, "utf8");
  const nextCode = code.replace(new RegExp(`(var version\\d* = )${JSON.stringify(version)}`), `$1"${NEXT_VERSION}"`);
  if (nextCode === code) throw new Error("The version is not in the Worker's bundle.");
  writeFileSync(path, nextCode);
  return { dir: nextDir };
}

// The production build, as `wrangler deploy` makes it: the web app by the build command of `wrangler.toml`, the Worker
// by wrangler. It is kept in node_modules/.cache under the hash of its sources, so that the next start only reads it.

import { randomUUID } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { extname, join, resolve } from "node:path";
import type { Json, V4ModuleDefinition, V4WorkerOptions } from "miniflare";
import type { Unstable_RawConfig } from "wrangler";
import { hashSources, pruneBuilds, useBuild } from "./build-cache.ts";
import { StartError } from "./start-error.ts";
import { runTool } from "./run-tool.ts";

export type Build = { dir: string };

/** What a build reads, seen from the root; what is absent there counts as absent. */
const SOURCES = ["worker", "web", "protocol", "wrangler.toml", "package.json", "package-lock.json", "tsconfig.json"];

type BuildOptions = {
  root: string; // The folder of wrangler.toml.
  cacheDir: string;
  signal: AbortSignal;
  onBuilding?: () => void;
};

export async function buildBrink({ root, signal, onBuilding, ...options }: BuildOptions): Promise<Build> {
  mkdirSync(options.cacheDir, { recursive: true });
  // Where node_modules is a link, wrangler would count its dots from the wrong side.
  const cacheDir = realpathSync(options.cacheDir);
  const hash = hashSources(root, SOURCES, import.meta.filename);
  let dir = join(cacheDir, hash);
  if (!useBuild(dir)) {
    onBuilding?.();
    const draft = mkdtempSync(join(cacheDir, "draft-"));
    try {
      await build(root, draft, signal);
      // Sources that changed meanwhile may be half in it: it serves this start, and is never found again.
      if (hashSources(root, SOURCES, import.meta.filename) !== hash) dir = `${dir}-${randomUUID()}`;
      publish(draft, dir);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
    if (!useBuild(dir)) throw new StartError(`The build in ${dir} disappeared: start again.`);
  }
  pruneBuilds(cacheDir, dir);
  return { dir };
}

async function build(root: string, draft: string, signal: AbortSignal): Promise<void> {
  // Wrangler takes most of a second to load: only when there is something to build.
  const wrangler = await import("wrangler");
  const { rawConfig } = wrangler.experimental_readRawConfig({ config: join(root, "wrangler.toml") });
  const { build: webBuild, assets, ...config } = rawConfig;
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  try {
    await Promise.all([
      buildWeb(root, join(draft, "web"), { command: webBuild?.command, directory: assets?.directory }, both),
      buildWorker(root, draft, config, both),
    ]);
  } catch (error) {
    failed.abort();
    throw error;
  }
  // As it will be run: everything beside this file, and nowhere a variable file that it could pick up.
  const built = { ...config, main: "worker/index.js", assets: { ...assets, directory: "web" } };
  writeFileSync(join(draft, "wrangler.json"), JSON.stringify(built));
  const { workerOptions } = wrangler.unstable_getMiniflareWorkerOptions(join(draft, "wrangler.json"));
  // An object's storage is filed under the Worker's name, as it is under `wrangler dev`.
  writeFileSync(join(draft, "worker.json"), JSON.stringify({ ...workerOptions, name: config.name }));
}

type Web = { command: string | undefined; directory: string | undefined };

async function buildWeb(root: string, out: string, { command, directory }: Web, signal: AbortSignal): Promise<void> {
  if (command !== undefined) {
    const tool = { what: "Building the web app", command: "sh", args: ["-c", command], cwd: root };
    await runTool({ ...tool, env: { BRINK_WEB_OUT: out } }, signal);
    if (!existsSync(out)) throw new StartError(`"${command}" put nothing into BRINK_WEB_OUT.`);
  } else if (directory !== undefined) cpSync(resolve(root, directory), out, { recursive: true });
  else mkdirSync(out);
}

async function buildWorker(
  root: string,
  draft: string,
  { main, ...config }: Unstable_RawConfig,
  signal: AbortSignal,
): Promise<void> {
  if (main === undefined) throw new StartError("wrangler.toml names no main module.");
  const path = join(draft, "source.json");
  writeFileSync(path, JSON.stringify({ ...config, main: resolve(root, main) }));
  const cli = createRequire(import.meta.url).resolve("wrangler");
  const args = ["--no-warnings", cli, "deploy", "--dry-run", "--config", path, "--outdir", join(draft, "worker")];
  await runTool({ what: "Building the Worker", command: process.execPath, args, cwd: root }, signal);
  rmSync(path);
  rmSync(join(draft, ".wrangler"), { recursive: true, force: true });
}

/** Two starts may build the same sources at the same moment: the first to finish is kept, and both are equal. */
function publish(draft: string, dir: string): void {
  try {
    renameSync(draft, dir);
  } catch (error) {
    if (!existsSync(join(dir, "worker.json"))) throw error;
  }
}

const moduleTypes: Record<string, V4ModuleDefinition["type"]> = {
  ".js": "ESModule",
  ".mjs": "ESModule",
  ".wasm": "CompiledWasm",
  ".txt": "Text",
  ".html": "Text",
  ".sql": "Text",
  ".bin": "Data",
};

/** Miniflare's options for the Worker of a build, assets included; `bindings` are added to those of wrangler.toml. */
export function workerOptionsOf({ dir }: Build, bindings: Record<string, string>): V4WorkerOptions {
  const options = toRecord(parseJson(readFileSync(join(dir, "worker.json"), "utf8")));
  const worker = join(dir, "worker");
  const modules = readdirSync(worker).flatMap((name): V4ModuleDefinition[] => {
    const type = moduleTypes[extname(name)];
    return type === undefined ? [] : [{ type, path: join(worker, name) }];
  });
  // The main module is the first of the list.
  modules.sort((a, b) => Number(b.path.endsWith("/index.js")) - Number(a.path.endsWith("/index.js")));
  return {
    ...options,
    rootPath: dir,
    modules,
    modulesRoot: worker,
    modulesRules: undefined, // Wrangler has applied them.
    assets: { ...toRecord(options["assets"]), directory: join(dir, "web") },
    bindings: { ...toRecord(options["bindings"]), ...bindings },
  };
}

function parseJson(text: string): Json {
  return JSON.parse(text);
}

function toRecord(value: Json | undefined): Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

// What a cold Worker costs before its first request: the CPU of its start, as `wrangler check startup` profiles it, and
// the weight of what is deployed. Both with wrangler's own build, and without a network.

import { cpSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as z from "zod/mini";
import { buildBrink } from "../../dev/build.ts";
import { runTool } from "../../dev/run-tool.ts";
import type { ExtraFigure } from "../extra.ts";
import { createRun } from "../figures.ts";
import { makeFolder } from "../leaving.ts";
import { median } from "../statistics.ts";
import type { Scenario, Size } from "./scenario.ts";

const BUILDS = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "brink");
const TIMEOUT_MS = 60_000;

const require = createRequire(import.meta.url);
const requireFromMiniflare = createRequire(require.resolve("miniflare"));

const startsOf = ({ isSmoke }: Size) => (isSmoke ? 1 : 5);

const extras: readonly ExtraFigure[] = [
  { name: "start CPU", unit: "ms" },
  { name: "bundle", unit: "kB" },
  { name: "bundle gz", unit: "kB" },
];

export const startup: Scenario = {
  name: "startup",
  columns: [],
  extras,
  describe: (size) =>
    `A fresh workerd evaluates the Worker's bundle, profiled by wrangler check startup: the time that was not idle, ` +
    `median of ${startsOf(size)}. The bundle is that of wrangler deploy --dry-run; 1 kB is 1,000 bytes.`,
  cases: (size) => [
    {
      name: "a start",
      reference: null,
      subjects: [{ name: "Brink", measure: ({ root }) => measureStart(root, startsOf(size)) }],
    },
  ],
};

async function measureStart(root: string, starts: number) {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const build = await buildBrink({ root, cacheDir: BUILDS, signal });
  // A copy, because wrangler leaves its own files beside what it looks at.
  const folder = makeFolder(tmpdir(), "brink-startup-");
  const { path: dir } = folder;
  try {
    cpSync(build.dir, dir, { recursive: true });
    const activeMs: number[] = [];
    for (let start = 0; start < starts; start++) activeMs.push(await profileStart(dir, signal));
    const modules = readdirSync(join(dir, "worker")).filter((name) => /\.(js|mjs|wasm)$/.test(name));
    const contents = Buffer.concat(modules.map((name) => readFileSync(join(dir, "worker", name))));
    return createRun({
      "start CPU": median(activeMs),
      bundle: contents.byteLength / 1_000,
      "bundle gz": gzipSync(contents).byteLength / 1_000,
    });
  } finally {
    folder.remove();
  }
}

async function profileStart(dir: string, signal: AbortSignal): Promise<number> {
  const outfile = join(dir, "start.cpuprofile");
  const bundling = `--args=--no-bundle --config ${join(dir, "wrangler.json")}`;
  const args = ["--no-warnings", require.resolve("wrangler"), "check", "startup", bundling, "--outfile", outfile];
  // The stack of this process has its workerd started by a script that only it can use.
  const env = { MINIFLARE_WORKERD_PATH: String(requireFromMiniflare("workerd").default) };
  await runTool({ what: "Profiling the start", command: process.execPath, args, cwd: dir, env }, signal);
  return activeMsOf(readFileSync(outfile, "utf8"));
}

const profileSchema = z.object({
  nodes: z.array(z.object({ id: z.number(), callFrame: z.object({ functionName: z.string() }) })),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

/** All sampled time but the idle; garbage collection counts. The deltas are microseconds. */
function activeMsOf(profile: string): number {
  const { nodes, samples, timeDeltas } = profileSchema.parse(JSON.parse(profile));
  const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === "(idle)").map(({ id }) => id));
  let active = 0;
  samples.forEach((node, index) => {
    if (!idle.has(node)) active += timeDeltas[index] ?? 0;
  });
  return active / 1_000;
}

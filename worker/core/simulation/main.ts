// The simulation by itself: `node worker/core/simulation/main.ts`, with BRINK_SEED and BRINK_HISTORIES. With the name of
// a planted bug as its argument, the source is changed while it loads. Exit code 1 and the shortened history when a
// promise is broken.

import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { plantedBugs } from "./planted-bugs.ts";

const ROOT = join(import.meta.dirname, "../../..");

const name = process.argv[2];
if (name !== undefined) plant(name);
// Loaded after the planting.
const { describeFinding, simulate } = await import("./simulate.ts");

const seed = Number(process.env["BRINK_SEED"] ?? 1);
const histories = Number(process.env["BRINK_HISTORIES"] ?? 100_000);
const { finding, events } = await simulate(seed, histories);
const told =
  finding === null ? `${histories} histories of ${events} events, from seed ${seed}` : describeFinding(finding);
process.stdout.write(`${told}\n`);
process.exitCode = finding === null ? 0 : 1;

function plant(name: string): void {
  const bug = plantedBugs.find((candidate) => candidate.name === name);
  if (bug === undefined) throw new Error(`no planted bug is called "${name}"`);
  const url = pathToFileURL(join(ROOT, bug.file)).href;
  registerHooks({
    load(loading, context, nextLoad) {
      const loaded = nextLoad(loading, context);
      if (loading !== url) return loaded;
      const source = new TextDecoder().decode(Buffer.from(loaded.source as Uint8Array));
      if (source.split(bug.from).length !== 2)
        throw new Error(`stale: ${bug.file} does not hold this once: ${bug.from}`);
      return { ...loaded, source: source.replace(bug.from, () => bug.to) };
    },
  });
}

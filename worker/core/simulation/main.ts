// The simulation by itself: `node worker/core/simulation/main.ts`, with BRINK_SEED and BRINK_HISTORIES. Exit code 1 and
// the shortened history when a promise is broken.

import { describeFinding, simulate } from "./simulate.ts";

const seed = Number(process.env["BRINK_SEED"] ?? 1);
const histories = Number(process.env["BRINK_HISTORIES"] ?? 100_000);
const started = performance.now();
const { finding, events } = await simulate(seed, histories);
const seconds = (performance.now() - started) / 1_000;
if (finding === null)
  console.log(`${histories} histories of ${events} events from seed ${seed}: ${seconds.toFixed(1)} s`);
else console.log(describeFinding(finding));
process.exitCode = finding === null ? 0 : 1;

// First token and total at a readable pace: what a person feels, and what it costs to serve them.

import { askBrink, askModel, askObject, askPipe } from "../rig/requests.ts";
import { inTurn, measure, type Scenario, type Size, spread } from "./scenario.ts";

// 31: the most at which Brink hands on each token as it comes; from 32 on it bundles them, as PROTOCOL.md says.
const STREAMS = [1, 31, 50, 200, 500, 1_000];
const SMOKE_STREAMS = [1, 20];
const SOLO_SAMPLES = 4; // One stream is one sample of a first token: so many, one after another.

const paceOf = ({ isSmoke }: Size) => ({ firstMs: 50, rate: 50, tokens: isSmoke ? 50 : 200 });
// Longer where more arrive: a burst of conversations that begin at once is another scenario.
const windowOf = (streams: number, { isSmoke }: Size) => (isSmoke ? 500 : streams >= 1_000 ? 5_000 : 2_000);

export const paced: Scenario = {
  name: "paced",
  columns: [
    "first p50",
    "first p95",
    "added p50",
    "added p95",
    "total p50",
    "gap p50",
    "gap p95",
    "CPU-s/1k tokens",
    "× CPU",
    "spread",
    "MB/stream",
    "exact",
  ],
  describe(size) {
    const { firstMs, rate, tokens } = paceOf(size);
    return (
      `A model that takes ${firstMs} ms to its first token and says ${tokens} tokens at ${rate} a second. Arrivals are ` +
      `spread evenly over ${windowOf(1, size) / 1_000} s${size.isSmoke ? "" : " (5 s from 1,000 streams on)"}; a lone ` +
      "stream is asked again as soon as it has ended. A gap is the time between two moments in which text comes."
    );
  },
  cases: (size) => {
    const { firstMs, rate, tokens } = paceOf(size);
    const model = `brink-simulated:first=${firstMs},rate=${rate},tokens=${tokens},seed=7`;
    return (size.streams ?? (size.isSmoke ? SMOKE_STREAMS : STREAMS)).map((streams) => {
      const isSolo = streams === 1;
      const count = isSolo && !size.isSmoke ? SOLO_SAMPLES : streams;
      const windowMs = windowOf(streams, size);
      const job = isSolo ? inTurn : (requests: Parameters<typeof spread>[0]) => spread(requests, windowMs);
      return {
        name: isSolo ? "1 stream" : `${streams.toLocaleString("en")} streams`,
        reference: "pipe",
        subjects: [
          { name: "direct", measure: async (rig) => measure(rig, null, job(askModel(rig, count, model))) },
          { name: "pipe", measure: async (rig) => measure(rig, rig.pipe.meter, job(askPipe(rig, count, model))) },
          {
            name: "bare object",
            measure: async (rig) => measure(rig, rig.object.meter, job(askObject(rig, count, model))),
          },
          {
            name: "Brink",
            measure: async (rig) => measure(rig, rig.brink.meter, job(await askBrink(rig, count, model))),
          },
        ],
      };
    });
  },
};

// No pacing: how many tokens a second go through when the line is the limit, so that what is measured is the work per
// token and nothing else. Twice: with a model that hands over hundreds of tokens in one write, and with one that writes
// each token by itself, as providers do.

import { askBrink, askModel, askPipe } from "../rig/requests.ts";
import { type Case, measure, type Scenario, type Size, spread } from "./scenario.ts";

const FLOOD_STREAMS = 32;
const SINGLE_STREAMS = 200;
const SINGLE_RATE = 500; // The model looks every 2 ms: any faster, and it would write two tokens at once.

export const saturation: Scenario = {
  name: "saturation",
  columns: ["total p50", "tokens/s", "× tokens/s", "CPU-s/1k tokens", "× CPU", "spread", "exact"],
  describe: (size) =>
    `All that the line takes: ${floodTokens(size).toLocaleString("en")} tokens a stream in large writes, and ` +
    `${singleTokens(size).toLocaleString("en")} a stream one by one, at up to ${SINGLE_RATE} a second each.`,
  cases: (size) =>
    [
      createCase(size.streams ?? [FLOOD_STREAMS], "in large writes", `first=0,rate=0,tokens=${floodTokens(size)}`),
      createCase(
        size.streams ?? [size.isSmoke ? FLOOD_STREAMS : SINGLE_STREAMS],
        "token by token",
        `first=0,rate=${SINGLE_RATE},tokens=${singleTokens(size)}`,
      ),
    ].flat(),
};

const floodTokens = ({ isSmoke }: Size) => (isSmoke ? 2_000 : 20_000);
const singleTokens = ({ isSmoke }: Size) => (isSmoke ? 200 : 1_000);

function createCase(streams: readonly number[], how: string, pace: string): Case[] {
  const model = `brink-simulated:${pace},seed=7`;
  return streams.map((count) => ({
    name: `${count} streams, ${how}`,
    reference: "pipe",
    subjects: [
      { name: "direct", measure: async (rig) => measure(rig, null, spread(askModel(rig, count, model), 0)) },
      { name: "pipe", measure: async (rig) => measure(rig, rig.pipe.meter, spread(askPipe(rig, count, model), 0)) },
      {
        name: "Brink",
        measure: async (rig) => measure(rig, rig.brink.meter, spread(await askBrink(rig, count, model), 0)),
      },
    ],
  }));
}

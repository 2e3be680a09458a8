// A cached answer: how much sooner its first token comes than that of a model which takes 50 ms to it.

import { newId } from "../../dev/api-client.ts";
import type { Run } from "../figures.ts";
import { askBrink, askPipe, createGuests, send } from "../rig/requests.ts";
import type { Rig } from "../rig/rig.ts";
import { inTurn, measure, type Scenario } from "./scenario.ts";

const SAMPLES = 10;
const TOKENS = 50;

const model = `brink-simulated:first=50,rate=50,tokens=${TOKENS},seed=7`;

export const cached: Scenario = {
  name: "cached",
  columns: ["first p50", "first p95", "added p50", "total p50", "CPU ms/stream", "exact"],
  describe: ({ isSmoke }) =>
    `The same question again: ${TOKENS} tokens at 50 a second from a model that takes 50 ms, or from the cache; ` +
    `${isSmoke ? 2 : SAMPLES} times, one after another.`,
  cases: ({ isSmoke }) => {
    const count = isSmoke ? 2 : SAMPLES;
    return [
      {
        name: "1 stream",
        reference: "pipe",
        subjects: [
          { name: "pipe", measure: (rig) => measure(rig, rig.pipe.meter, inTurn(askPipe(rig, count, model))) },
          {
            name: "Brink",
            measure: async (rig) => measure(rig, rig.brink.meter, inTurn(await askBrink(rig, count, model))),
          },
          { name: "Brink, cached", measure: (rig) => measureCached(rig, count) },
        ],
      },
    ];
  },
};

async function measureCached(rig: Rig, count: number): Promise<Run> {
  // An answer is kept for its owner alone: all of these are one person's.
  const [cookie = ""] = await createGuests(rig, 1);
  const ask = () => send(rig, { cookie, conversationId: newId(), model, params: { cache: true } });
  await rig.load(inTurn([ask()]));
  await rig.brink.meter.settle(); // Nobody waits for the write to the cache, so its end is not told.
  return measure(rig, rig.brink.meter, inTurn(Array.from({ length: count }, () => ({ ...ask(), isCached: true }))));
}

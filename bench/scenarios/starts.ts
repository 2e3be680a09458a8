// Starting a conversation: what a first message costs with hardly an answer behind it, everything in: session, owner
// check, storage, the call to the model, the rows that Postgres is told of.

import { askBrink, askObject, askPipe } from "../rig/requests.ts";
import { measure, type Scenario, spread } from "./scenario.ts";

const WINDOW_MS = 4_000;
const model = "brink-simulated:first=0,rate=0,tokens=1,seed=7";

export const starts: Scenario = {
  name: "starts",
  columns: ["first p50", "first p95", "added p50", "CPU ms/stream", "× CPU", "spread", "exact"],
  describe: () => `New conversations evenly over ${WINDOW_MS / 1_000} s, each answered by one token at once.`,
  cases: ({ streams, isSmoke }) =>
    (streams ?? [isSmoke ? 40 : 200]).map((count) => ({
      name: `${count} conversations`,
      reference: "pipe",
      subjects: [
        { name: "pipe", measure: (rig) => measure(rig, rig.pipe.meter, spread(askPipe(rig, count, model), WINDOW_MS)) },
        {
          name: "bare object",
          measure: (rig) => measure(rig, rig.object.meter, spread(askObject(rig, count, model), WINDOW_MS)),
        },
        {
          name: "Brink",
          measure: async (rig) => measure(rig, rig.brink.meter, spread(await askBrink(rig, count, model), WINDOW_MS)),
        },
      ],
    })),
};

// No pacing: how many tokens a second go through when the model says all it has at once. The line is the limit, so what
// is measured is the work per token and nothing else.

import { askBrink, askModel, askPipe } from "../rig/requests.ts";
import { measure, type Scenario, type Size, spread } from "./scenario.ts";

const tokensOf = ({ isSmoke }: Size) => (isSmoke ? 2_000 : 20_000);
const streamsOf = ({ streams }: Size) => streams ?? [32];

export const saturation: Scenario = {
  name: "saturation",
  columns: ["total p50", "tokens/s", "× tokens/s", "CPU-s/1k tokens", "× CPU", "spread", "exact"],
  describe: (size) => `${tokensOf(size).toLocaleString("en")} tokens a stream, as fast as the line takes them.`,
  cases: (size) => {
    const model = `brink-simulated:first=0,rate=0,tokens=${tokensOf(size)},seed=7`;
    return streamsOf(size).map((count) => ({
      name: `${count} streams at once`,
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
  },
};

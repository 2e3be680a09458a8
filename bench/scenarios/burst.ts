// A burst: as many first messages as the paced scenario spreads over seconds, all in one moment. It is reported and not
// judged: starting a conversation has its price, and here it is paid by all at once.

import { askBrink, askModel, askPipe } from "../rig/requests.ts";
import { measure, type Scenario, type Size, spread } from "./scenario.ts";

const tokensOf = ({ isSmoke }: Size) => (isSmoke ? 50 : 200);
const streamsOf = ({ streams, isSmoke }: Size) => streams ?? (isSmoke ? [20] : [200, 500]);

export const burst: Scenario = {
  name: "burst",
  columns: ["first p50", "first p95", "added p50", "added p95", "total p50", "CPU ms/stream", "× CPU", "exact"],
  describe: (size) =>
    `New conversations, all begun at once; the model takes 50 ms to its first token and says ${tokensOf(size)} tokens ` +
    "at 50 a second. Reported, not judged.",
  cases: (size) => {
    const model = `brink-simulated:first=50,rate=50,tokens=${tokensOf(size)},seed=7`;
    return streamsOf(size).map((count) => ({
      name: `${count.toLocaleString("en")} at once`,
      reference: "pipe",
      subjects: [
        { name: "direct", measure: (rig) => measure(rig, null, spread(askModel(rig, count, model), 0)) },
        { name: "pipe", measure: (rig) => measure(rig, rig.pipe.meter, spread(askPipe(rig, count, model), 0)) },
        {
          name: "Brink",
          measure: async (rig) => measure(rig, rig.brink.meter, spread(await askBrink(rig, count, model), 0)),
        },
      ],
    }));
  },
};

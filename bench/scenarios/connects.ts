// A storm of guests: new people, each from the first page's calls to the first words of a first answer.

import type { ExtraFigure, ExtraValues } from "../extra.ts";
import { durationOf, errorsOf, measurePeople } from "../people/measure-people.ts";
import type { Plan, Sample } from "../people/plan.ts";
import { quantile } from "../statistics.ts";
import type { Scenario, Size } from "./scenario.ts";

const WINDOW_MS = 3_000;
const TOKENS = 50;
const guestsOf = ({ streams, isSmoke }: Size) => streams ?? [isSmoke ? 30 : 300];
const model = `brink-simulated:first=50,rate=50,tokens=${TOKENS},seed=7`;

const extras: readonly ExtraFigure[] = [
  { name: "session p95", unit: "ms" },
  { name: "list p95", unit: "ms" },
  { name: "arrival to first p50", unit: "ms" },
  { name: "arrival to first p95", unit: "ms" },
  { name: "errors", unit: "%" },
];

export const connects: Scenario = {
  name: "connects",
  columns: ["first p50", "first p95", "added p50", "added p95", "CPU ms/stream", "exact"],
  extras,
  describe: () =>
    `New guests evenly over ${WINDOW_MS / 1_000} s: each begins a session, asks for the list, and sends a first message ` +
    `that is answered by ${TOKENS} tokens at 50 a second, the first after 50 ms. From the pipe they have the answer alone.`,
  cases: (size) =>
    guestsOf(size).map((guests) => {
      const plan = (target: Plan["target"], opening: Plan["opening"]): Plan => ({
        target,
        model,
        coming: { type: "arrivals", phases: [{ perSecond: guests / (WINDOW_MS / 1_000), forMs: WINDOW_MS }] },
        opening,
        turns: [{ act: { type: "ask" }, weight: 1 }],
        faithful: 1,
        seed: 7,
      });
      return {
        name: `${guests.toLocaleString("en")} guests`,
        reference: "pipe",
        subjects: [
          {
            name: "pipe",
            measure: (rig) =>
              measurePeople(rig, rig.pipe.meter, plan({ type: "pipe", url: rig.pipe.url }, []), describeArrivals),
          },
          {
            name: "Brink",
            measure: (rig) =>
              measurePeople(
                rig,
                rig.brink.meter,
                plan({ type: "brink", url: rig.brink.url }, [{ type: "open" }]),
                describeArrivals,
              ),
          },
        ],
      };
    }),
};

function describeArrivals(samples: readonly Sample[]): ExtraValues {
  const visits = Map.groupBy(samples, ({ person }) => person);
  const waits = [...visits.values()].flatMap((calls) => {
    const firstAt = calls.find(({ name, failure }) => name === "ask" && failure === null)?.firstAt ?? null;
    return firstAt === null ? [] : [firstAt - Math.min(...calls.map(({ at }) => at))];
  });
  return {
    "session p95": durationOf(samples, ["session"], 0.95),
    "list p95": durationOf(samples, ["list"], 0.95),
    "arrival to first p50": quantile(waits, 0.5),
    "arrival to first p95": quantile(waits, 0.95),
    errors: errorsOf(samples),
  };
}

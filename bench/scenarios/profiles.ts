// Load profiles that are usual in this field, by name, as a load tester's scripts for chat servers have them: so many
// users for so long, a ramp, a steady pace of arrivals. Each visitor opens the page, asks, reads, and looks at the list.

import type { ExtraFigure, ExtraValues } from "../extra.ts";
import { durationOf, errorsOf, measurePeople } from "../people/measure-people.ts";
import { lengthOf, type Plan, type Sample } from "../people/plan.ts";
import type { Scenario, Size } from "./scenario.ts";

export const profileExtras: readonly ExtraFigure[] = [
  { name: "total p95", unit: "ms" },
  { name: "other p95", unit: "ms" },
  { name: "at once", unit: "count" },
  { name: "errors", unit: "%" },
];

export type Profile = Pick<Plan, "coming" | "model"> & { name: string; what: string };

const minutes = (count: number) => count * 60_000;
const seconds = (count: number) => count * 1_000;

const model = "brink-simulated:first=50,rate=50,tokens=100,seed=7"; // Two seconds and a little.
const arrivals = (share: number): Plan["coming"] => ({
  type: "arrivals",
  phases: [
    { perSecond: 10, forMs: minutes(1) * share },
    { perSecond: 25, forMs: minutes(5) * share },
  ],
});

export const profiles: readonly Profile[] = [
  {
    name: "users-1000",
    what: "1,000 users for 30 s, who come within the 10 s before, with 10 s on average from an answer to the next question",
    model,
    coming: {
      type: "users",
      stages: [
        { users: 1_000, forMs: seconds(10) },
        { users: 1_000, forMs: seconds(30) },
      ],
      pauseMs: seconds(10),
    },
  },
  {
    name: "ramp",
    what: "10 users, then 50, then 100, then none, over a minute, with 1 s on average from an answer to the next question",
    model,
    coming: {
      type: "users",
      stages: [
        { users: 10, forMs: seconds(10) },
        { users: 50, forMs: seconds(20) },
        { users: 100, forMs: seconds(20) },
        { users: 0, forMs: seconds(10) },
      ],
      pauseMs: seconds(1),
    },
  },
  {
    name: "arrivals",
    what: "10 visitors a second for 10 s, then 25 a second for 50 s",
    model,
    coming: arrivals(1 / 6),
  },
  {
    name: "arrivals-full",
    what: "10 visitors a second for 60 s, then 25 a second for 300 s",
    model,
    coming: arrivals(1),
  },
  {
    name: "edge-100",
    what: "100 visitors a second for 20 s, each with an answer of 6 s, so that some 600 are there at once",
    model: "brink-simulated:first=50,rate=20,tokens=120,seed=7",
    coming: { type: "arrivals", phases: [{ perSecond: 100, forMs: seconds(20) }] },
  },
];

export function describeProfile(what: string, { isSmoke }: Size): string {
  const smoke = isSmoke ? ", or, for a smoke run, a tenth of them in two seconds" : "";
  return `${what}${smoke}. Each begins a guest's session and asks for the list, then asks a question`;
}

export const loadProfiles: readonly Scenario[] = profiles.map(({ name, what, ...profile }) => ({
  name,
  isLong: true,
  maxRepeats: 1,
  columns: ["first p50", "first p95", "added p50", "added p95", "total p50", "CPU ms/stream", "exact"],
  extras: profileExtras,
  describe: (size) =>
    `${describeProfile(what, size)}; from the pipe they have the answer alone. Other is every call that is no stream.`,
  cases: (size) => {
    const plan = (target: Plan["target"], opening: Plan["opening"]) => planOf({ ...profile, target, opening }, size);
    return [
      {
        name,
        reference: "pipe",
        subjects: [
          {
            name: "pipe",
            measure: (rig) =>
              measurePeople(rig, rig.pipe.meter, plan({ type: "pipe", url: rig.pipe.url }, []), describeCalls),
          },
          {
            name: "Brink",
            measure: (rig) =>
              measurePeople(
                rig,
                rig.brink.meter,
                plan({ type: "brink", url: rig.brink.url }, [{ type: "open" }]),
                describeCalls,
              ),
          },
        ],
      },
    ];
  },
}));

type Played = Pick<Plan, "coming" | "model" | "target" | "opening" | "isReal">;

export function planOf(profile: Played, size: Size): Plan {
  const plan: Plan = { ...profile, turns: [{ act: { type: "ask" }, weight: 1 }], faithful: 0.5, seed: 7 };
  return size.isSmoke ? shrink(plan) : plan;
}

const SMOKE_MS = 2_000;
const SMOKE_SHARE = 0.1;

/** The same shape in two seconds, with a tenth of the people. */
function shrink(plan: Plan): Plan {
  const { coming } = plan;
  const share = SMOKE_MS / lengthOf(plan);
  if (coming.type === "arrivals") {
    const phases = coming.phases.map(({ perSecond, forMs }) => ({
      perSecond: perSecond * SMOKE_SHARE,
      forMs: forMs * share,
    }));
    return { ...plan, coming: { type: "arrivals", phases } };
  }
  const stages = coming.stages.map(({ users, forMs }) => ({
    users: Math.round(users * SMOKE_SHARE),
    forMs: forMs * share,
  }));
  return { ...plan, coming: { type: "users", stages, pauseMs: coming.pauseMs * share } };
}

export function describeCalls(samples: readonly Sample[]): ExtraValues {
  return {
    "total p95": durationOf(samples, ["ask"], 0.95),
    "other p95": durationOf(samples, ["session", "list"], 0.95),
    "at once": mostAtOnce(samples),
    errors: errorsOf(samples),
  };
}

/** The most calls that were open at one moment. */
function mostAtOnce(samples: readonly Sample[]): number {
  const steps = samples.flatMap(({ at, endedAt }) => [
    { at, by: 1 },
    { at: endedAt, by: -1 },
  ]);
  let [open, most] = [0, 0];
  for (const { by } of steps.sort((a, b) => a.at - b.at)) {
    open += by;
    most = Math.max(most, open);
  }
  return most;
}

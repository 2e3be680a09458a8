// A soak: the same mixed load for minutes, to see whether the server's memory comes to rest. Half of the people stay in
// one conversation for the whole time, so that what an object gathers while it lives shows; the others begin a new one
// with each question, so that what an object leaves behind shows. The bare pipe is soaked beside it: what workerd keeps
// of each call by itself is in both.

import type { ExtraFigure, ExtraValues } from "../extra.ts";
import { errorsOf, measurePeople } from "../people/measure-people.ts";
import type { Plan, Sample } from "../people/plan.ts";
import type { MemorySample } from "../rig/meter.ts";
import { median } from "../statistics.ts";
import type { Scenario, Size } from "./scenario.ts";

const RAMP_MS = 1_000;
const PAUSE_MS = 200;
const PLATEAU_SHARE = { from: 0.05, to: 0.1 }; // Of ten minutes: the second half of the first.
const END_SHARE = 0.9;
const ON_THE_WAY = [0.25, 0.5, 0.75]; // Whether a curve flattens is not in its two ends.
const AROUND = 0.025;

const lengthOf = ({ isSmoke }: Size) => (isSmoke ? 5_000 : 600_000);
// So many that V8's young generation, which doubles whenever as much as it holds has survived, has its size within the
// first half minute: with 50 it takes two minutes, and looks like a leak.
const peopleOf = ({ streams, isSmoke }: Size) => streams ?? [isSmoke ? 10 : 125];

const extras: readonly ExtraFigure[] = [
  { name: "plateau", unit: "MB" },
  ...ON_THE_WAY.map((share): ExtraFigure => ({ name: `at ${share * 100} %`, unit: "MB" })),
  { name: "end", unit: "MB" },
  { name: "growth", unit: "%" },
  { name: "slope per minute", unit: "MB" },
  { name: "calls", unit: "count" },
  { name: "errors", unit: "%" },
];

export const soak: Scenario = {
  name: "soak",
  isLong: true,
  wantsNewProcesses: true,
  maxRepeats: 1,
  columns: ["first p50", "first p95", "exact"],
  extras,
  describe: (size) =>
    `${lengthOf(size) / 1_000} s of people who ask, stop, lose the line and come back, and list, with hardly a pause; ` +
    "the model says 200 tokens at 50 a second. Half stay in one conversation, half begin a new one with each question. " +
    "From the pipe they have answers and nothing else. In new processes: the plateau is the median memory of workerd " +
    "from 5 to 10 % of the time, the second half of the first minute, and the end that of the last tenth.",
  cases: (size) =>
    peopleOf(size).map((people) => ({
      name: `${people} people`,
      reference: null, // Each is held against its own first minute.
      subjects: [
        {
          name: "pipe",
          measure: (rig) => {
            const target = { type: "pipe", url: rig.pipe.url } as const;
            return measurePeople(rig, rig.pipe.meter, planOf(target, people, size), describeSoak);
          },
        },
        {
          name: "Brink",
          measure: (rig) => {
            const target = { type: "brink", url: rig.brink.url } as const;
            return measurePeople(rig, rig.brink.meter, planOf(target, people, size), describeSoak);
          },
        },
      ],
    })),
};

const QUESTIONS: Plan["turns"] = [{ act: { type: "ask" }, weight: 1 }];

const EVERYTHING: Plan["turns"] = [
  { act: { type: "ask" }, weight: 12 },
  { act: { type: "reload" }, weight: 4 },
  { act: { type: "stop" }, weight: 3 },
  { act: { type: "list" }, weight: 1 },
];

function planOf(target: Plan["target"], people: number, size: Size): Plan {
  const isPipe = target.type === "pipe";
  return {
    target,
    model: "brink-simulated:first=50,rate=50,tokens=200,seed=7",
    coming: {
      type: "users",
      stages: [
        { users: people, forMs: RAMP_MS },
        { users: people, forMs: lengthOf(size) - RAMP_MS },
      ],
      pauseMs: PAUSE_MS,
    },
    opening: isPipe ? [] : [{ type: "open" }],
    turns: isPipe ? QUESTIONS : EVERYTHING,
    faithful: 0.5,
    seed: 7,
  };
}

function describeSoak(samples: readonly Sample[], memory: readonly MemorySample[]): ExtraValues {
  const start = Math.min(...samples.map(({ at }) => at));
  const lengthMs = Math.max(...samples.map(({ at }) => at)) - start;
  const within = (from: number, to: number) =>
    memory.filter(({ at }) => at >= start + from * lengthMs && at <= start + to * lengthMs);
  const megabytes = (some: readonly MemorySample[]) => median(some.map(({ bytes }) => bytes / 1e6));
  const plateau = megabytes(within(PLATEAU_SHARE.from, PLATEAU_SHARE.to));
  const last = megabytes(within(END_SHARE, 1));
  const slope = slopeOf(within(PLATEAU_SHARE.to, 1));
  const onTheWay = ON_THE_WAY.map((share) => [
    `at ${share * 100} %`,
    megabytes(within(share - AROUND, share + AROUND)),
  ]);
  return {
    plateau,
    ...Object.fromEntries(onTheWay),
    end: last,
    growth: plateau === null || last === null ? null : (last / plateau - 1) * 100,
    "slope per minute": slope === null ? null : (slope * 60_000) / 1e6,
    calls: samples.length,
    errors: errorsOf(samples),
  };
}

/** In bytes a millisecond, by least squares. */
function slopeOf(memory: readonly MemorySample[]): number | null {
  const [atMean, bytesMean] = [meanOf(memory.map(({ at }) => at)), meanOf(memory.map(({ bytes }) => bytes))];
  let [together, alone] = [0, 0];
  for (const { at, bytes } of memory) {
    together += (at - atMean) * (bytes - bytesMean);
    alone += (at - atMean) ** 2;
  }
  return alone === 0 ? null : together / alone;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

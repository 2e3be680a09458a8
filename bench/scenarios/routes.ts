// The other calls: how long a list, an open, a page of history and a look for what is new take beside live answers, and
// what they take at rest; health, which asks nobody, beside them as what a call costs in itself.

import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { newId } from "../../dev/api-client.ts";
import type { ExtraFigure, ExtraValues } from "../extra.ts";
import { createRun, type Run } from "../figures.ts";
import type { StreamResult } from "../load/job.ts";
import { durationOf, errorsOf, playPlan } from "../people/measure-people.ts";
import type { Get, Plan, Sample } from "../people/plan.ts";
import { askBrink, createGuests, send } from "../rig/requests.ts";
import type { Rig } from "../rig/rig.ts";
import { inTurn, type Scenario, type Size, spread } from "./scenario.ts";

const ROUTES = ["health", "list", "open", "history", "since"];
const AT_REST = "at rest";
const WINDOW_MS = 1_000;
const HEAD_START_MS = 1_500; // All streams are live by then.
const RATE = 50;

const extentOf = ({ isSmoke }: Size) =>
  isSmoke
    ? { conversations: 10, messages: 60, visitsPerSecond: 10, forMs: 1_000 }
    : { conversations: 100, messages: 200, visitsPerSecond: 10, forMs: 6_000 };
const liveOf = ({ streams, isSmoke }: Size) => streams ?? [isSmoke ? 10 : 50];

const shortModel = "brink-simulated:first=0,rate=0,tokens=20,seed=7";

const extras: readonly ExtraFigure[] = [
  ...ROUTES.flatMap((route): ExtraFigure[] => [
    { name: `${route} p50`, unit: "ms" },
    { name: `${route} p95`, unit: "ms" },
  ]),
  { name: "errors", unit: "%" },
];

export const routes: Scenario = {
  name: "routes",
  columns: ["exact"],
  extras,
  describe: (size) => {
    const { conversations, messages, visitsPerSecond, forMs } = extentOf(size);
    return (
      `The calls beside the stream, of a person with ${conversations} conversations and one of ${messages} messages, ` +
      `${visitsPerSecond} of each a second for ${forMs / 1_000} s, at rest and while answers at ${RATE} tokens a second ` +
      "are written: health, which asks nobody; the list, from the database; opening a conversation that was idle; an " +
      "older page of 50 of the long one; and a look whether it has changed (304)."
    );
  },
  cases: (size) => {
    let person: Promise<Get[]> | null = null;
    const measureBeside = async (rig: Rig, live: number): Promise<Run> => {
      person ??= createPerson(rig, size);
      return measureRoutes(rig, live, await person, size);
    };
    return liveOf(size).map((live) => ({
      name: `${live} streams`,
      reference: AT_REST,
      subjects: [
        { name: AT_REST, measure: (rig) => measureBeside(rig, 0) },
        { name: `beside ${live} streams`, measure: (rig) => measureBeside(rig, live) },
      ],
    }));
  },
};

async function measureRoutes(rig: Rig, live: number, calls: Get[], size: Size): Promise<Run> {
  const { visitsPerSecond, forMs } = extentOf(size);
  const tokens = ((HEAD_START_MS + forMs) / 1_000) * RATE;
  const model = `brink-simulated:first=50,rate=${RATE},tokens=${tokens},seed=7`;
  const streams = await askBrink(rig, live, model);
  await rig.brink.meter.cool();
  await rig.brink.meter.settle();
  const stopWatching = rig.brink.meter.watch();
  const answering: Promise<StreamResult[]> = live === 0 ? Promise.resolve([]) : rig.load(spread(streams, WINDOW_MS));
  await sleep(HEAD_START_MS);
  const plan: Plan = {
    target: { type: "brink", url: rig.brink.url },
    model,
    coming: { type: "arrivals", phases: [{ perSecond: visitsPerSecond, forMs }] },
    opening: calls,
    turns: [],
    faithful: 1,
    seed: 7,
  };
  const [{ samples }, answers] = await Promise.all([playPlan(plan), answering]);
  stopWatching();
  const failures = [...samples, ...answers].flatMap(({ failure }) => failure ?? []);
  return createRun(describeRoutes(samples), samples.length + answers.length, failures);
}

function describeRoutes(samples: readonly Sample[]): ExtraValues {
  const figures = ROUTES.flatMap((route) => [
    [`${route} p50`, durationOf(samples, [route], 0.5)],
    [`${route} p95`, durationOf(samples, [route], 0.95)],
  ]);
  return { ...Object.fromEntries(figures), errors: errorsOf(samples) };
}

const snapshotSchema = z.object({ rev: z.number(), nextBefore: z.number() });
const listSchema = z.object({ nextCursor: z.nullable(z.string()), items: z.array(z.unknown()) });

/** Writes the person's conversations, and returns the calls that can then be made. */
async function createPerson(rig: Rig, size: Size): Promise<Get[]> {
  const { conversations, messages } = extentOf(size);
  const [cookie = ""] = await createGuests(rig, 1);
  const ids = Array.from({ length: conversations }, newId);
  const longId = newId();
  const question = (conversationId: string) => send(rig, { cookie, conversationId, model: shortModel });
  const stopWatching = rig.brink.meter.watch(); // So that the meter knows until when it takes to cool.
  const written = [
    ...(await rig.load(spread(ids.map(question), WINDOW_MS))),
    ...(await rig.load(inTurn(Array.from({ length: messages / 2 }, () => question(longId))))),
  ];
  stopWatching();
  const failed = written.find(({ failure }) => failure !== null);
  if (failed !== undefined) throw new Error(`The conversations could not be written: ${failed.failure}`);
  await sleep(1_000); // A conversation stands in the list within a second.
  const read = async (path: string) => (await fetch(`${rig.brink.url}${path}`, { headers: { Cookie: cookie } })).json();
  const { items } = listSchema.parse(await read("/api/conversations?limit=100"));
  if (items.length < Math.min(100, conversations))
    throw new Error(`The list holds ${items.length} conversations only.`);
  const long = `/api/conversations/${longId}`;
  const { rev, nextBefore } = snapshotSchema.parse(await read(long));
  const get = (name: string, paths: string[], status = 200): Get => ({ type: "get", name, paths, cookie, status });
  return [
    get("health", ["/healthz"]),
    get("list", ["/api/conversations"]),
    get(
      "open",
      ids.map((id) => `/api/conversations/${id}`),
    ),
    get("history", [`${long}?before=${nextBefore}`]),
    get("since", [`${long}?since=${rev}`], 304),
  ];
}

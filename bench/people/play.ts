// Plays a plan to its end: who comes when, and who goes on.

import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../../dev/simulated-text.ts";
import { createAgents, now, waitUntil } from "../load/stream.ts";
import { createPerson, type NotedCall, type World } from "./person.ts";
import { type Act, arrivalTimes, lengthOf, type Plan, type Played, type Sample, usersAt } from "./plan.ts";

const LATE_MS = 60_000; // What has not ended so long after the plan never will, and is a failure.
const STEP_MS = 20;

export async function play(plan: Plan): Promise<Played> {
  const agents = createAgents();
  const noted: NotedCall[] = [];
  const world = { plan, agents, random: createRandom(plan.seed), note: (call: NotedCall) => void noted.push(call) };
  const cpuBefore = process.cpuUsage();
  const start = now();
  const late = setTimeout(agents.giveUp, lengthOf(plan) + LATE_MS);
  await (plan.coming.type === "users" ? playUsers(world, plan.coming, start) : playArrivals(world, plan.coming, start));
  clearTimeout(late);
  const { user, system } = process.cpuUsage(cpuBefore);
  const seconds = (now() - start) / 1_000;
  agents.close();
  const samples: Sample[] = [];
  for (const { judge, ...sample } of noted) samples.push({ ...sample, ...(await judge()) });
  return { samples, seconds, cpuSeconds: (user + system) / 1e6 };
}

type Users = Extract<Plan["coming"], { type: "users" }>;
type Arrivals = Extract<Plan["coming"], { type: "arrivals" }>;

/** As many as there should be, each going on until there should be fewer. */
async function playUsers(world: World, { stages, pauseMs }: Users, start: number): Promise<void> {
  const endMs = lengthOf(world.plan);
  const wantedNow = () => usersAt(stages, now() - start);
  const there = new Map<number, Promise<void>>();
  const stay = async (index: number) => {
    const person = createPerson(world, index);
    for (const act of world.plan.opening) await person.perform(act);
    while (index < wantedNow()) {
      await person.perform(choose(world));
      await sleep(Math.min(pauseMs * (0.5 + world.random()), Math.max(0, start + endMs - now())));
    }
    there.delete(index);
  };
  while (now() - start < endMs) {
    const wanted = wantedNow();
    for (let index = 0; index < wanted; index++) if (!there.has(index)) there.set(index, stay(index));
    await sleep(STEP_MS);
  }
  await Promise.all(there.values());
}

async function playArrivals(world: World, { phases }: Arrivals, start: number): Promise<void> {
  await Promise.all(
    arrivalTimes(phases).map(async (atMs, index) => {
      await waitUntil(start + atMs);
      const person = createPerson(world, index);
      for (const act of world.plan.opening) await person.perform(act);
      if (world.plan.turns.length > 0) await person.perform(choose(world));
    }),
  );
}

function choose({ plan: { turns }, random }: World): Act {
  let left = random() * turns.reduce((total, { weight }) => total + weight, 0);
  for (const { act, weight } of turns) {
    left -= weight;
    if (left < 0) return act;
  }
  throw new Error("a plan without turns");
}

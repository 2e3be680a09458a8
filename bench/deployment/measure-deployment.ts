// A deployment, measured from outside: the public API only, as guests. There is no pipe beside it, and no process whose
// CPU could be read; what is known of the distance is the way there and back.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createGuest } from "../../dev/api-client.ts";
import type { Job, JobResult } from "../load/job.ts";
import { describeMachine } from "../machine.ts";
import type { Measuring } from "../measure-here.ts";
import { FORMAT, readConditions, type Results } from "../results.ts";
import { playPlan } from "../people/measure-people.ts";
import type { Plan, Played } from "../people/plan.ts";
import { profiles } from "../scenarios/profiles.ts";
import { startChild } from "../rig/child.ts";
import { runScenario } from "../run.ts";
import { readConfig, type RemoteConfig } from "./config.ts";
import { createPacer } from "./pacer.ts";
import { outside } from "./outside.ts";
import { outsideProfile } from "./outside-profile.ts";

export type Deployment = RemoteConfig & {
  url: string;
  /** Cookies of new guests, who have not used up anything yet. */
  guests(count: number): Promise<string[]>;
  /** Waits before it until all its messages are within what the deployment takes from one address. */
  runJob(job: Job): Promise<JobResult>;
  /** The same for people who ask so many questions. */
  play(plan: Plan, messages: number): Promise<Played>;
};

export async function measureDeployment(url: string, measuring: Measuring): Promise<Results> {
  const { options, args, onScenario, onProgress } = measuring;
  const { repeats, streams, isSmoke } = options;
  const size = { isSmoke, streams };
  const config = await readConfig(url);
  const named = profiles.filter(({ name }) => options.scenarios.includes(name));
  const scenarios = named.length === 0 ? [outside(config)] : named.map((one) => outsideProfile(one, config, size));
  const results: Results = {
    format: FORMAT,
    machine: describeMachine(new Date(), import.meta.dirname),
    conditions: readConditions(options, ".", args),
    reports: [],
  };
  const load = startChild(join(import.meta.dirname, "..", "load", "process.ts"));
  try {
    await load.hear(); // It is ready.
    const pacer = createPacer(config.messagesPerMinute);
    const waitFor = async (messages: number) => {
      const waitMs = pacer.waitMs(messages, Date.now());
      if (waitMs > 0)
        onProgress(`waiting ${Math.ceil(waitMs / 1_000)} s: ${config.messagesPerMinute} messages a minute`);
      await sleep(waitMs);
    };
    const deployment: Deployment = {
      ...config,
      url,
      async guests(count) {
        const cookies: string[] = [];
        while (cookies.length < count) cookies.push((await createGuest(url)).cookie);
        return cookies;
      },
      async runJob(job) {
        const messages = job.requests.length;
        await waitFor(messages);
        load.send(job);
        // Our own process answers, with what `load/process.ts` sends.
        const result = (await load.hear()) as JobResult;
        pacer.note(messages, Date.now());
        return result;
      },
      async play(plan, messages) {
        await waitFor(messages);
        const played = await playPlan(plan);
        pacer.note(messages, Date.now());
        return played;
      },
    };
    for (const scenario of scenarios) {
      const report = await runScenario(deployment, scenario, {
        size,
        repeats,
        onRun: (what, { failures }) => onProgress(failures.length === 0 ? what : `${what}: ${failures.length} FAILED`),
      });
      results.reports.push(report);
      onScenario(report, results);
    }
    return results;
  } finally {
    await load.close();
  }
}

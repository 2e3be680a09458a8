// A deployment, measured from outside: the public API only, as guests. There is no pipe beside it, and no process whose
// CPU could be read; what is known of the distance is the way there and back.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createGuest } from "../../dev/api-client.ts";
import type { Job, JobResult } from "../load/job.ts";
import { describeMachine } from "../machine.ts";
import type { Measuring } from "../measure-here.ts";
import { FORMAT, readConditions, type Results } from "../results.ts";
import { startChild } from "../rig/child.ts";
import { runScenario } from "../run.ts";
import { readConfig, type RemoteConfig } from "./config.ts";
import { createPacer } from "./pacer.ts";
import { outside } from "./outside.ts";

export type Deployment = RemoteConfig & {
  url: string;
  /** Waits until so many more messages are within what the deployment takes from one address in a minute. */
  waitForRoom(messages: number): Promise<void>;
  /** Cookies of guests; the same ones again, and more where there are not enough. */
  guests(count: number): Promise<string[]>;
  runJob(job: Job): Promise<JobResult>;
};

export async function measureDeployment(url: string, measuring: Measuring): Promise<Results> {
  const { options, args, onScenario, onProgress } = measuring;
  const { repeats, streams } = options;
  const config = await readConfig(url);
  const results: Results = {
    format: FORMAT,
    machine: describeMachine(new Date()),
    conditions: readConditions(options, ".", args),
    reports: [],
  };
  const load = startChild(join(import.meta.dirname, "..", "load", "process.ts"));
  try {
    await load.hear(); // It is ready.
    const pacer = createPacer(config.messagesPerMinute);
    const cookies: string[] = [];
    const deployment: Deployment = {
      ...config,
      url,
      async waitForRoom(messages) {
        const waitMs = pacer.take(messages, Date.now());
        if (waitMs > 0)
          onProgress(`waiting ${Math.ceil(waitMs / 1_000)} s: ${config.messagesPerMinute} messages a minute`);
        await sleep(waitMs);
      },
      async guests(count) {
        while (cookies.length < count) cookies.push((await createGuest(url)).cookie);
        return cookies.slice(0, count);
      },
      async runJob(job) {
        load.send(job);
        // Our own process answers, with what `load/process.ts` sends.
        return (await load.hear()) as JobResult;
      },
    };
    const report = await runScenario(deployment, outside(config), {
      size: { isSmoke: false, streams },
      repeats,
      onRun: (what, { failures }) => onProgress(failures.length === 0 ? what : `${what}: ${failures.length} FAILED`),
    });
    results.reports.push(report);
    onScenario(report, results);
    return results;
  } finally {
    await load.close();
  }
}

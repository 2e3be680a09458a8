// The load, in a process of its own, so that its CPU is not in what it measures: takes jobs, answers with results.

import { arrivals, type Job, type JobResult, type StreamResult } from "./job.ts";
import { judge } from "./judge.ts";
import { type Agents, createAgents, now, receive, type Received, waitUntil } from "./stream.ts";
import { measureRoundTrip } from "./round-trip.ts";

process.on("message", (job: Job) => {
  void run(job).then((result) => process.send?.(result));
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");

async function run(job: Job): Promise<JobResult> {
  const { requests, isSequential, warmUrl } = job;
  const agents = createAgents();
  try {
    const lines = isSequential ? 1 : requests.length;
    const roundTripMs = warmUrl === undefined ? null : await measureRoundTrip(warmUrl, lines, agents);
    const cpuBefore = process.cpuUsage();
    const start = now();
    const received = await receiveAll(job, agents, start);
    const { user, system } = process.cpuUsage(cpuBefore);
    const seconds = (now() - start) / 1_000;
    const results: StreamResult[] = [];
    // One after another: a deployment is asked for each text that it has stored.
    for (const [index, asked] of requests.entries()) results.push(await judge(asked, received[index]));
    return { results, roundTripMs, seconds, cpuSeconds: (user + system) / 1e6 };
  } finally {
    agents.close();
  }
}

async function receiveAll(job: Job, agents: Agents, start: number): Promise<Received[]> {
  const { requests, windowMs, isSequential } = job;
  if (isSequential) {
    const received: Received[] = [];
    for (const asked of requests) received.push(await receive(asked, agents, start));
    return received;
  }
  const times = arrivals(requests.length, windowMs);
  return Promise.all(
    requests.map(async (asked, index) => {
      await waitUntil(start + (times[index] ?? 0));
      return receive(asked, agents, start);
    }),
  );
}

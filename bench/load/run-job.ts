// One job, from its first request to the last text judged. What has not ended by the job's deadline is a failure.

import { arrivals, deadlineMs, type Job, type JobResult, type StreamResult } from "./job.ts";
import { judge } from "./judge.ts";
import { type Agents, createAgents, now, receive, type Received, waitUntil } from "./stream.ts";
import { measureRoundTrip } from "./round-trip.ts";

export async function runJob(job: Job, withinMs = deadlineMs(job)): Promise<JobResult> {
  const { requests, isSequential, warmUrl } = job;
  const agents = createAgents();
  let late = setTimeout(agents.giveUp, withinMs);
  try {
    const lines = isSequential ? 1 : requests.length;
    const roundTripMs = warmUrl === undefined ? null : await measureRoundTrip(warmUrl, lines, agents);
    clearTimeout(late);
    late = setTimeout(agents.giveUp, withinMs);
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
    clearTimeout(late);
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

// The load, in a process of its own, so that its CPU is not in what it measures: takes jobs, answers with results.

import { Agent } from "node:http";
import { parseScenario } from "../../dev/simulated-scenario.ts";
import { expectedText } from "../../dev/simulated-text.ts";
import { readAnswer } from "./format.ts";
import { arrivals, type Job, type StreamRequest, type StreamResult } from "./job.ts";
import { now, receive, type Received, waitUntil } from "./stream.ts";

process.on("message", (job: Job) => {
  void run(job).then((results) => process.send?.(results));
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");

async function run({ requests, windowMs, isSequential }: Job): Promise<StreamResult[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const start = now();
  try {
    const received: Received[] = [];
    if (isSequential) for (const asked of requests) received.push(await receive(asked, agent, start));
    else {
      const times = arrivals(requests.length, windowMs);
      const send = async (asked: StreamRequest, index: number) => {
        await waitUntil(start + (times[index] ?? 0));
        return receive(asked, agent, start);
      };
      received.push(...(await Promise.all(requests.map(send))));
    }
    return requests.map((asked, index) => judge(asked, received[index]));
  } finally {
    agent.destroy();
  }
}

const expected = new Map<string, { text: string; tokens: number }>();

function expectedOf(model: string): { text: string; tokens: number } {
  const parsed = parseScenario(model);
  if (!parsed.ok) throw new Error(parsed.message);
  const known = expected.get(model) ?? { text: expectedText(model), tokens: parsed.scenario.tokens };
  expected.set(model, known);
  return known;
}

function judge({ format, model, isCached = false }: StreamRequest, received: Received | undefined): StreamResult {
  if (received === undefined) throw new Error("a request has no result");
  const { bodies, failure, ...times } = received;
  const { text, tokens } = expectedOf(model);
  if (failure !== null) return { ...times, tokens, failure };
  const reading = readAnswer(format, bodies);
  const difference = reading.text === text ? null : `wrong text: ${describe(reading.text, text)}`;
  const wrongSource = reading.isCached === isCached ? null : `cached: ${reading.isCached}, not ${isCached}`;
  return { ...times, tokens, failure: reading.failure ?? difference ?? wrongSource };
}

function describe(actual: string, wanted: string): string {
  let at = 0;
  while (at < wanted.length && actual[at] === wanted[at]) at++;
  return `${actual.length} of ${wanted.length} UTF-16 units, alike up to ${at}`;
}

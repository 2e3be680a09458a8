// The one scenario of a deployment: first token and total, alone and several at once, with the way there and back beside
// them. Gentle unless told otherwise: somebody may pay for each answer.

import { newId } from "../../dev/api-client.ts";
import { type Run, toRun } from "../figures.ts";
import type { Job, StreamRequest } from "../load/job.ts";
import { OptionError } from "../options.ts";
import { send } from "../rig/requests.ts";
import { inTurn, type Scenario, spread } from "../scenarios/scenario.ts";
import type { RemoteConfig } from "./config.ts";
import type { Deployment } from "./measure-deployment.ts";

const STREAMS = [1, 5];
const SOLO_SAMPLES = 4; // One stream is one sample of a first token: so many, one after another.
const WINDOW_MS = 2_000;
const MOST_A_SECOND = 50; // Where more arrive, they take longer to.
const PACE = "first=50,rate=50,tokens=200,seed=7";

export function outside({ model, isSimulated, messagesPerMinute }: RemoteConfig): Scenario<Deployment> {
  return {
    name: "outside",
    columns: ["first p50", "first p95", "total p50", "tokens/s", "exact"],
    extras: [
      { name: "round trip", unit: "ms" },
      { name: "first − round trip", unit: "ms" },
    ],
    describe: () =>
      `New conversations of guests, evenly over ${WINDOW_MS / 1_000} s, and at most ${MOST_A_SECOND} a second; a lone stream is asked again as soon as it has ` +
      `ended. ${
        isSimulated
          ? `The model is the simulated one (${PACE}): exact is each text character by character.`
          : `The model is ${model}, whose text nobody knows beforehand: exact is each text that equals the stored one.`
      }`,
    cases: ({ streams }) =>
      (streams ?? STREAMS).map((count) => {
        const messages = count === 1 ? SOLO_SAMPLES : count;
        if (messages > messagesPerMinute) {
          throw new OptionError(`It takes ${messagesPerMinute} messages a minute from one address, not ${messages}.`);
        }
        return {
          name: count === 1 ? "1 stream" : `${count.toLocaleString("en")} streams`,
          reference: null,
          subjects: [
            { name: "deployment", measure: (deployment) => measureStreams(deployment, messages, count === 1) },
          ],
        };
      }),
  };
}

async function measureStreams(deployment: Deployment, messages: number, isSolo: boolean): Promise<Run> {
  const requests = await ask(deployment, messages);
  const windowMs = Math.max(WINDOW_MS, (messages / MOST_A_SECOND) * 1_000);
  const job: Job = {
    ...(isSolo ? inTurn(requests) : spread(requests, windowMs)),
    warmUrl: `${deployment.url}/healthz`,
  };
  const { results, roundTripMs } = await deployment.runJob(job);
  const run = toRun(results, { cpuSeconds: null, restingBytes: null, memory: [] });
  const { firstP50Ms } = run.figures;
  const rest = firstP50Ms === null || roundTripMs === null ? null : firstP50Ms - roundTripMs;
  return { ...run, extra: { "round trip": roundTripMs, "first − round trip": rest } };
}

async function ask(deployment: Deployment, count: number): Promise<StreamRequest[]> {
  const { url, model, isSimulated, liveGenerations } = deployment;
  const cookies = await deployment.guests(Math.ceil(count / liveGenerations));
  return Array.from({ length: count }, (_, index) => {
    const conversationId = newId();
    const question = {
      cookie: cookies[index % cookies.length] ?? "",
      conversationId,
      model: isSimulated ? `${model}:${PACE}` : model,
    };
    const request = send({ brink: { url } }, question);
    return isSimulated ? request : { ...request, storedAt: `${url}/api/conversations/${conversationId}` };
  });
}

// Sending to a conversation of 2,000 messages and opening it, beside one of 20: it should cost the same.

import * as z from "zod/mini";
import { newId } from "../../dev/api-client.ts";
import { median } from "../statistics.ts";
import { createGuests, send, type Send } from "../rig/requests.ts";
import type { Rig } from "../rig/rig.ts";
import { inTurn, measure, type Scenario, type Size } from "./scenario.ts";

const SHORT = 20;
const longOf = ({ isSmoke }: Size) => (isSmoke ? 100 : 2_000);
const samplesOf = ({ isSmoke }: Size) => (isSmoke ? 2 : 20);

// As many tokens a message as a short remark has; the model itself takes no time.
const EARLIER_MODEL = "brink-simulated:first=0,rate=0,tokens=20,seed=7";
const model = "brink-simulated:first=20,rate=0,tokens=20,seed=7";

export const longConversation: Scenario = {
  name: "long",
  columns: ["first p50", "first p95", "added p50", "total p50", "CPU ms/stream", "× CPU", "spread", "exact"],
  extras: [{ name: "open", unit: "ms", compare: "ratio" }],
  describe: (size) =>
    `One more message to a conversation of ${nameOf(SHORT)} and to one of ${nameOf(longOf(size))}; ` +
    `${samplesOf(size)} times, one after another. The model takes 20 ms and says 20 tokens at once. ` +
    `Then each is opened as often, at its newest ${SHORT} messages.`,
  cases: (size) => [
    {
      name: "1 stream",
      reference: nameOf(SHORT),
      subjects: [SHORT, longOf(size)].map((messages) => {
        let conversation: Promise<Send> | null = null;
        return {
          name: nameOf(messages),
          async measure(rig) {
            // Written once; the samples of each repeat make it a little longer.
            conversation ??= createConversation(rig, messages);
            const question = await conversation;
            const requests = Array.from({ length: samplesOf(size) }, () => send(rig, question));
            const run = await measure(rig, rig.brink.meter, inTurn(requests));
            return { ...run, extra: { open: await timeOpening(rig, question, samplesOf(size)) } };
          },
        };
      }),
    },
  ],
};

const nameOf = (messages: number) => `${messages.toLocaleString("en")} messages`;

/** Median, in milliseconds, of so many times one after another. */
async function timeOpening({ brink: { url } }: Rig, { cookie, conversationId }: Send, times: number) {
  const durations: number[] = [];
  for (let time = 0; time < times; time++) {
    const begunAt = performance.now();
    const response = await fetch(`${url}/api/conversations/${conversationId}?limit=${SHORT}`, {
      headers: { Cookie: cookie },
    });
    const { messages } = snapshotSchema.parse(await response.json());
    durations.push(performance.now() - begunAt);
    if (messages.length !== SHORT) throw new Error(`It opened with ${messages.length} messages, not ${SHORT}.`);
  }
  return median(durations);
}

const snapshotSchema = z.object({ messages: z.array(z.unknown()) });

async function createConversation(rig: Rig, messages: number): Promise<Send> {
  const [cookie = ""] = await createGuests(rig, 1);
  const conversationId = newId();
  const earlier = { cookie, conversationId, model: EARLIER_MODEL };
  const results = await rig.load(inTurn(Array.from({ length: messages / 2 }, () => send(rig, earlier))));
  const failed = results.find(({ failure }) => failure !== null);
  if (failed !== undefined) throw new Error(`The long conversation could not be written: ${failed.failure}`);
  return { cookie, conversationId, model };
}

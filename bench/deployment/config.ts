// What a deployment says of itself: which model answers, and how much it takes.

import * as z from "zod/mini";
import { SIMULATED_MODEL } from "../../dev/simulated-scenario.ts";
import { OptionError } from "../options.ts";

export type RemoteConfig = {
  /** Its default model. */
  model: string;
  /** The model is the simulated one: it says what it is told, at the pace it is told. */
  isSimulated: boolean;
  /** From one address. */
  messagesPerMinute: number;
  /** Of one guest. */
  messagesPerMinuteOfGuest: number;
  /** Of one guest, at once. */
  liveGenerations: number;
};

const TIMEOUT_MS = 10_000;

const configSchema = z.object({
  models: z.array(z.object({ id: z.string() })).check(z.minLength(1)),
  limits: z.object({
    messagesPerMinute: z.number(),
    messagesPerMinutePerAddress: z.number(),
    liveGenerations: z.number(),
  }),
});

export async function readConfig(url: string): Promise<RemoteConfig> {
  const { models, limits } = configSchema.parse(await fetchConfig(url));
  const model = models[0]?.id ?? "";
  return {
    model,
    isSimulated: model === SIMULATED_MODEL,
    messagesPerMinute: Math.min(limits.messagesPerMinutePerAddress, MAX_MESSAGES_PER_MINUTE),
    messagesPerMinuteOfGuest: limits.messagesPerMinute,
    liveGenerations: Math.min(limits.liveGenerations, limits.messagesPerMinute),
  };
}

const MAX_MESSAGES_PER_MINUTE = 6_000; // A hundred a second: a measurement, not an attack.

async function fetchConfig(url: string): Promise<unknown> {
  const response = await fetch(`${url}/api/config`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((cause) => {
    throw new OptionError(`${url} does not answer.`, { cause });
  });
  const body: unknown = await response.json().catch(() => null);
  if (!configSchema.safeParse(body).success) throw new OptionError(`${url}/api/config is not that of a Brink.`);
  return body;
}

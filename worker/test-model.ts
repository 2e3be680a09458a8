// What the simulated model saw of the Worker under test: the requests whose last message is this text.

import { env } from "cloudflare:workers";
import type { SimulatedRequest } from "../dev/simulated-requests.ts";

export async function requestsFor(text: string): Promise<SimulatedRequest[]> {
  const response = await fetch(`${env.OPENAI_BASE_URL.replace("/v1", "")}/stats`);
  const { requests } = await response.json<{ requests: SimulatedRequest[] }>();
  return requests.filter(({ lastUserText }) => lastUserText === text);
}

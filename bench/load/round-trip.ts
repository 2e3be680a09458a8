// How long a bare request and its answer take to a server and back, over lines that stand: what a distance alone costs.

import { median } from "../statistics.ts";
import { type Agents, now, receive } from "./stream.ts";

const SAMPLES = 10;

/** Opens as many lines as `lines` streams will need, then asks over one of them, again and again. */
export async function measureRoundTrip(url: string, lines: number, agents: Agents): Promise<number | null> {
  const ask = () => receive({ method: "GET", url, headers: {}, format: "brink", model: "" }, agents, now());
  const opened = await Promise.all(Array.from({ length: lines }, ask));
  const refused = opened.find(({ failure }) => failure !== null);
  if (refused !== undefined) throw new Error(`${url}: ${refused.failure}`);
  const times: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const { sentAt, endedAt } = await ask();
    times.push(endedAt - sentAt);
  }
  return median(times);
}

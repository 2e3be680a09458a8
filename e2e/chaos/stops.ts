// Stops at random moments, before the first token, in mid-answer and after the end: the model's line is closed at once,
// what is stored is what was shown, and a crash brings nothing back.

import { expect } from "vitest";
import { createGuest, newId } from "../../dev/api-client.ts";
import { expectedText, SIMULATED_MODEL } from "../../dev/simulated-llm.ts";
import type { StopAnswer } from "../../protocol/api.ts";
import { startReader } from "../rig/reader.ts";
import type { Arena } from "./arena.ts";
import { createChance, delay, scale } from "./scale.ts";

const AT_ONCE = 5;
const MAX_CLOSE_MS = 250; // Promise 6.

type Client = Awaited<ReturnType<typeof createGuest>>;
type Stop = { client: Client; conversationId: string; text: string; stopped: StopAnswer; at: number; shown: string };

export async function stopAtAnyMoment(arena: Arena): Promise<void> {
  const stops: Stop[] = [];
  const lanes = Array.from({ length: AT_ONCE }, async (_, lane) => {
    const client = await createGuest(arena.url);
    const chance = createChance(400 + lane);
    for (let count = lane; count < scale.stops; count += AT_ONCE) stops.push(await sendAndStop(client, chance));
  });
  await Promise.all(lanes);

  const { requests } = await arena.model();
  const closings: number[] = [];
  let uncalled = 0;
  for (const { text, stopped, at } of stops) {
    const [request, ...more] = requests.filter(({ lastUserText }) => lastUserText === text);
    expect(more).toEqual([]);
    if (request === undefined) uncalled++;
    else if (stopped.state === "complete") expect(request.outcome).toBe("completed");
    else closings.push((request.closedAt ?? Number.POSITIVE_INFINITY) - at);
    if (request === undefined) expect(stopped).toEqual({ state: "stopped", length: 0 });
  }
  expect(Math.max(...closings)).toBeLessThan(MAX_CLOSE_MS);
  const silent = stops.filter(({ shown }) => shown === "").length;
  console.log(`${stops.length} stops: ${silent} before the first token, ${uncalled} before the model was called;`);
  console.log(`${closings.length} lines closed, the last ${Math.max(...closings)} ms after the stop was answered`);

  const before = await Promise.all(stops.map(stored));
  stops.forEach(({ shown }, index) => expect(before[index]?.text).toBe(shown));
  await arena.crash();
  expect(await Promise.all(stops.map(stored))).toEqual(before);
}

async function sendAndStop(client: Client, chance: ReturnType<typeof createChance>): Promise<Stop> {
  const [conversationId, generationId] = [newId(), newId()];
  const text = `Stop ${generationId}.`;
  const model = `${SIMULATED_MODEL}:first=${chance.between(0, 300)},rate=200,tokens=${chance.between(20, 300)},text=unicode`;
  const first = client.send(conversationId, { id: generationId, text, model });
  const reader = startReader({ client, conversationId, generationId, first });
  await delay(chance.between(0, 900));
  const stopped = await stop(client, conversationId, generationId);
  const at = Date.now();
  const end = await reader.end;

  expect(reader.faults).toEqual([]);
  expect(["stopped", "complete"]).toContain(end.state);
  expect(stopped).toEqual({ state: end.state, length: end.length });
  expect(expectedText(model).startsWith(reader.text)).toBe(true);
  return { client, conversationId, text, stopped, at, shown: reader.text };
}

/** Until the send is there to be stopped. */
async function stop(client: Client, conversationId: string, generationId: string): Promise<StopAnswer> {
  for (;;) {
    const path = `/api/conversations/${conversationId}/generations/${generationId}/stop`;
    const response = await client.callJson("POST", path);
    const body = await response.text();
    if (response.ok) return JSON.parse(body);
    expect(response.status).toBe(404);
  }
}

async function stored({
  client,
  conversationId,
}: Stop): Promise<{ state: string | undefined; text: string | undefined }> {
  const { messages, live } = await client.snapshot(conversationId);
  expect(live).toBeNull();
  return { state: messages[1]?.state, text: messages[1]?.text };
}

// SIGKILL of workerd at random moments, under people who send, read and send again: whoever reads converges, whatever
// was acknowledged stays, and nothing waits for ever.

import { expect } from "vitest";
import { type ApiClient, createGuest, newId } from "../../dev/api-client.ts";
import { expectedText, SIMULATED_MODEL } from "../../dev/simulated-llm.ts";
import type { Message } from "../../protocol/api.ts";
import { type Reader, startReader } from "../rig/reader.ts";
import type { Arena } from "./arena.ts";
import { checkHistory, type Sent, type Shown } from "./history.ts";
import { createChance, delay, scale } from "./scale.ts";

const PEOPLE = 6;
const CONVERGE_MS = 15_000; // Promise 7.
const LOST_MS = 1_000; // Promise 8.
const LATE_MS = 250; // A timer on a machine where everything happens at once.

type Crash = { at: number; backAt: number };
type Reading = { reader: Reader; model: string; generationId: string; endedAt: number };
type Person = { client: ApiClient; conversationId: string; sent: Sent[]; readings: Reading[] };

export async function killServer(arena: Arena): Promise<void> {
  const chance = createChance(200);
  const people = await Promise.all(Array.from({ length: PEOPLE }, () => createPerson(arena.url)));
  const over = new AbortController();
  const talking = people.map((person, index) => talk(person, over.signal, index));
  const crashes: Crash[] = [];
  while (crashes.length < scale.kills) {
    await delay(chance.between(50, 1_500));
    const at = performance.now();
    crashes.push({ at, backAt: await arena.crash() });
  }
  over.abort();
  await Promise.all(talking);

  const states: Record<string, number> = {};
  for (const { client, conversationId, sent, readings } of people) {
    const messages = await readAll(client, conversationId);
    const shown: Shown[] = [];
    for (const reading of readings) shown.push(await checkReading(reading, crashes));
    expect(checkHistory(sent, shown, messages)).toEqual([]);
    for (const { end } of shown) states[end.state] = (states[end.state] ?? 0) + 1;
  }
  console.log(`${crashes.length} kills, ${people.flatMap(({ sent }) => sent).length} messages:`, states);
  expect(states["interrupted"], "some answer was cut by some crash").toBeGreaterThan(0);
  expect(arena.log().filter((line) => line.includes('"event":"bug"'))).toEqual([]);
}

async function createPerson(url: string): Promise<Person> {
  return { client: await createGuest(url), conversationId: newId(), sent: [], readings: [] };
}

/** Sends, reads to the end, and sends again. */
async function talk(
  { client, conversationId, sent, readings }: Person,
  over: AbortSignal,
  index: number,
): Promise<void> {
  const chance = createChance(300 + index);
  while (!over.aborted) {
    const id = newId();
    const model = `${SIMULATED_MODEL}:first=${chance.between(0, 400)},rate=100,tokens=${chance.between(40, 250)},text=unicode`;
    const message: Sent = { id, text: `${id} 👋`, isAcknowledged: false };
    sent.push(message);
    const first = await sendUntilTaken(client, conversationId, { id, text: message.text, model });
    message.isAcknowledged = true;
    const reader = startReader({ client, conversationId, generationId: id, first: Promise.resolve(first) });
    await reader.end;
    readings.push({ reader, model, generationId: id, endedAt: performance.now() });
  }
}

/** The same id again and again, as any client does that does not know whether it was heard. */
async function sendUntilTaken(
  client: ApiClient,
  conversationId: string,
  body: Record<string, unknown>,
): Promise<Response> {
  for (;;) {
    const response = await client.send(conversationId, body).catch(() => null);
    if (response?.ok === true) return response;
    if (response !== null && response.status < 500) throw new Error(`${response.status}: ${await response.text()}`);
    await delay(50);
  }
}

async function checkReading({ reader, model, generationId, endedAt }: Reading, crashes: Crash[]): Promise<Shown> {
  const { text, faults, growth } = reader;
  const end = await reader.end;
  const whole = expectedText(model);
  expect(faults).toEqual([]);
  expect(["complete", "interrupted"]).toContain(end.state);
  expect(end.state === "complete" ? text === whole : whole.startsWith(text), "the model's own words").toBe(true);

  const begunAt = growth[0]?.at ?? endedAt;
  const survived = crashes.filter(({ at }) => at > begunAt && at < endedAt);
  const last = survived.at(-1);
  if (last !== undefined) {
    expect(endedAt - last.backAt).toBeLessThan(CONVERGE_MS);
    const shown = growth.findLast(({ at }) => at <= last.at - LOST_MS - LATE_MS)?.length ?? 0;
    if (end.state === "interrupted" && survived.length === 1) expect(text.length).toBeGreaterThanOrEqual(shown);
  }
  return { generationId, text, end };
}

async function readAll(client: ApiClient, conversationId: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (let before: number | null = null; ;) {
    const page = await client.snapshot(conversationId, `?limit=200${before === null ? "" : `&before=${before}`}`);
    expect(page.live).toBeNull();
    messages.unshift(...page.messages);
    before = page.nextBefore;
    if (before === null) return messages;
  }
}

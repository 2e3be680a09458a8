// Fifty readers whose lines are cut at random bytes, who come back with their cursor, or reload and come back with a
// snapshot: each of them ends with the very text that is stored, and no frame was missing, doubled or out of place.

import { expect } from "vitest";
import { type ApiClient, createGuest, newId } from "../../dev/api-client.ts";
import { expectedText, SIMULATED_MODEL } from "../../dev/simulated-llm.ts";
import { parseCursor } from "../../protocol/cursor.ts";
import { resumeTranscript, type Transcript } from "../../protocol/transcript.ts";
import { type Reader, startReader } from "../rig/reader.ts";
import type { Arena } from "./arena.ts";
import { createChance, scale } from "./scale.ts";

const READERS = 50;
const TOKENS_PER_SECOND = 100;
const MAX_ABSENCE_MS = 2_000;
const WHOLE_FRAME_BYTES = 60_000; // The longest frame there is: a line that always broke sooner would never get it across.
const WHOLE_FRAME_EVERY = 25; // Cuts: by count, not by luck, or now and then a reader would be out of it for too long.
const TOKEN_BYTES = 20; // On the line, with its share of a frame for a crowd, about: it decides how often a reader is cut.
const TEXT = "Tell me at length what cannot be cut.";

const chance = createChance(100);
const tokens = scale.answerSeconds * TOKENS_PER_SECOND;
// Emoji, CJK and CRLF; the same with pairs that the model itself cuts in two; and prose with code and tables.
const models = ["text=unicode", "text=surrogates", "text=answer"].map(
  (text, index) => `${SIMULATED_MODEL}:first=100,rate=${TOKENS_PER_SECOND},tokens=${tokens},${text},seed=${index}`,
);

export async function cutReaders(arena: Arena): Promise<void> {
  const client = await createGuest(arena.url);
  const answers = await Promise.all(models.map((model) => begin(client, model)));
  const readings = Array.from({ length: READERS }, (_, index) => {
    const answer = answers[index % answers.length];
    if (answer === undefined) throw new Error("there are answers");
    return readInLives(client, answer);
  });
  const lives = (await Promise.all(readings)).flat();

  expect(lives.flatMap(({ faults }) => faults)).toEqual([]);
  for (const { conversationId, model } of answers) {
    const [, stored] = (await client.snapshot(conversationId)).messages;
    expect(stored).toMatchObject({ state: "complete", text: expectedText(model, TEXT) });
  }
  const connections = lives.reduce((sum, life) => sum + life.connections, 0);
  console.log(`${READERS} readers in ${lives.length} lives over ${connections} connections`);
  expect(connections).toBeGreaterThanOrEqual(scale.connections);
}

type Answer = { conversationId: string; generationId: string; model: string };

async function begin(client: ApiClient, model: string): Promise<Answer> {
  const [conversationId, generationId] = [newId(), newId()];
  await client.post(conversationId, { id: generationId, text: TEXT, model });
  return { conversationId, generationId, model };
}

/** One reader, and what becomes of it with each reload. Throws where its last text is not the whole. */
async function readInLives(client: ApiClient, { conversationId, generationId, model }: Answer): Promise<Reader[]> {
  const whole = expectedText(model, TEXT);
  const cutEvery = Math.ceil((whole.length / 3) * TOKEN_BYTES * (READERS / scale.connections) * 0.5);
  const reloads = Array.from({ length: chance.between(0, 2) }, () => chance.between(1, whole.length)).sort(
    (a, b) => a - b,
  );
  const lives: Reader[] = [];
  let transcript: Transcript | undefined;
  let cuts = 0;
  for (const until of [...reloads, Number.POSITIVE_INFINITY]) {
    const nextCut = () => (++cuts % WHOLE_FRAME_EVERY === 0 ? WHOLE_FRAME_BYTES : chance.between(1, 2 * cutEvery));
    // Some stay away for so long that the frames they missed are not kept any more.
    const nextAbsenceMs = () => (chance.isLucky(0.3) ? chance.between(0, MAX_ABSENCE_MS) : 0);
    const how = { nextCut, nextAbsenceMs, ...(transcript && { transcript }) };
    const reader = startReader({ client, conversationId, generationId, ...how });
    lives.push(reader);
    await reader.reaches(until);
    if (reader.transcript.end !== null) break;
    reader.leave();
    transcript = await reload(client, conversationId);
  }
  const last = lives.at(-1);
  expect(await last?.end).toMatchObject({ state: "complete", length: whole.length });
  expect(last?.text).toBe(whole);
  return lives;
}

/** What a page that is opened anew holds: the snapshot's text, and its cursor. */
async function reload(client: ApiClient, conversationId: string): Promise<Transcript | undefined> {
  const { live } = await client.snapshot(conversationId);
  const held = live === null ? null : parseCursor(live.cursor);
  if (live === null || held === null) return undefined;
  return resumeTranscript(held.attempt, live.parts ?? [{ part: 0, text: live.text }], held.offset);
}

// An answer of more than three minutes that nobody reads: it is written to its end all the same. Nothing but time can
// show it; a prototype without an alarm was killed silently after 70 to 140 s.

import { expect } from "vitest";
import { createGuest, newId } from "../../dev/api-client.ts";
import { expectedText, SIMULATED_MODEL } from "../../dev/simulated-llm.ts";
import type { Arena } from "./arena.ts";
import { delay } from "./scale.ts";

const SECONDS = 200;
const MODEL = `${SIMULATED_MODEL}:first=500,rate=10,tokens=${SECONDS * 10},text=unicode`;

export async function leaveAnswerAlone(arena: Arena): Promise<void> {
  const client = await createGuest(arena.url);
  const [conversationId, id] = [newId(), newId()];
  await client.post(conversationId, { id, text: "Take your time.", model: MODEL });
  // Not one request meanwhile: anything that touches the object would keep it alive.
  await delay((SECONDS + 3) * 1_000);
  const { messages, live } = await client.snapshot(conversationId);
  expect(live).toBeNull();
  expect(messages[1]).toMatchObject({ state: "complete", text: expectedText(MODEL) });
  const { requests } = await arena.model();
  expect(requests.filter(({ model }) => model === MODEL)).toMatchObject([{ outcome: "completed" }]);
}

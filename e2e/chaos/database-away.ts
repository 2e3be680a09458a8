// Postgres goes away under load, in every way in which a database can be away, and comes back: nobody who chats notices,
// and every answer that has ended is told to it, once.

import { expect } from "vitest";
import { type ApiClient, createGuest, newId, problemOf, readStream } from "../../dev/api-client.ts";
import { expectedText, SIMULATED_MODEL } from "../../dev/simulated-llm.ts";
import type { Arena } from "./arena.ts";
import { createChance, delay, scale } from "./scale.ts";

const PEOPLE = 5;
// The last wait of the outbox may have doubled up to what the outage lasted, and once more; and then it writes.
const CATCH_UP_MS = 2 * scale.databaseAwayMs + 15_000;

type Ended = { generationId: string; text: string };

export async function takePostgresAway(arena: Arena): Promise<void> {
  const clients = await Promise.all(Array.from({ length: PEOPLE }, () => createGuest(arena.url)));
  const over = new AbortController();
  const ended: Ended[] = [];
  const talking = clients.map((client, index) => talk(client, over.signal, index, ended));

  await expect.poll(() => ended.length, { timeout: 10_000 }).toBeGreaterThan(PEOPLE);
  await arena.setFaults("database", ["refuse", "hang", "fail", "drop"]);
  const awayAt = performance.now();
  const beforeOutage = ended.length;
  await expectSaidSo(clients[0]);
  await delay(scale.databaseAwayMs - (performance.now() - awayAt));
  const duringOutage = ended.length - beforeOutage;
  expect(duringOutage).toBeGreaterThan(scale.databaseAwayMs / 1_000);

  const struck = await arena.setFaults("database", []);
  over.abort();
  await Promise.all(talking);
  const backAt = performance.now();
  const due = ended.map(({ generationId, text }) => ({ generation_id: generationId, text, state: "complete" }));
  const ids = ended.map(({ generationId }) => `'${generationId}'`).join(", ");
  const told = () =>
    arena.query(
      `SELECT generation_id, text, state FROM messages WHERE role = 'assistant' AND generation_id IN (${ids})`,
    );
  await expect.poll(async () => (await told()).length, { timeout: CATCH_UP_MS, interval: 200 }).toBe(ended.length);
  console.log(`${ended.length} answers, ${duringOutage} of them without Postgres; requests struck:`, struck);
  console.log(`all told ${Math.round(performance.now() - backAt)} ms after it was back`);

  // Not one twice: rows, not ids, are counted above.
  expect(sorted(await told())).toEqual(sorted(due));
  const billed = await arena.query(`SELECT count(*)::int AS count FROM usage WHERE generation_id IN (${ids})`);
  expect(billed).toEqual([{ count: ended.length }]);
}

/** The list is Postgres alone: it says that it cannot be had, and when to ask again. */
async function expectSaidSo(client: ApiClient | undefined): Promise<void> {
  const problem = await problemOf((await client?.call("/api/conversations")) ?? new Response());
  expect(problem).toMatchObject({ status: 503, code: "database_unavailable" });
  expect(problem.retryAfterMs).toBeGreaterThan(0);
}

/** In one conversation after the other, so that rows are owed by many objects at once. */
async function talk(client: ApiClient, over: AbortSignal, index: number, ended: Ended[]): Promise<void> {
  const chance = createChance(500 + index);
  let conversationId = newId();
  while (!over.aborted) {
    const id = newId();
    const model = `${SIMULATED_MODEL}:first=50,rate=200,tokens=${chance.between(20, 120)},text=unicode`;
    const reading = await readStream(
      await client.send(conversationId, { id, text: `Question ${id} \u{1f30a}`, model }),
    );
    expect(reading.end).toMatchObject({ state: "complete" });
    expect(reading.text).toBe(expectedText(model));
    ended.push({ generationId: id, text: reading.text });
    if (chance.isLucky(0.4)) conversationId = newId();
  }
}

function sorted(rows: Record<string, unknown>[]): Record<string, unknown>[] {
  return rows.toSorted((a, b) => (String(a["generation_id"]) < String(b["generation_id"]) ? -1 : 1));
}

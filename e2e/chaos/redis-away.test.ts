// Redis goes away, by refusing and by hanging: people go on chatting under the stricter limit of the isolate, and when it
// is back it counts again.

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createGuest, newId, problemOf, readStream } from "../../dev/api-client.ts";
import { SIMULATED_MODEL } from "../../dev/simulated-llm.ts";
import { type Arena, openArena } from "./arena.ts";
import { delay, nameSeed, scale, seed } from "./scale.ts";

const PER_USER = 60;
const MINUTE_MS = 60_000;
const HANG_MS = 1_000; // What a send waits for Redis, once; then nobody does for a while.
const MODEL = `${SIMULATED_MODEL}:first=0,rate=0,tokens=20`;

let arena: Arena;
beforeAll(async () => void (arena = await openArena(seed, { LIMITS: `user=${PER_USER},ip=100000,live=50` })));
beforeEach(nameSeed);
afterAll(() => arena?.close());

test(
  "without Redis chat goes on under the local limit, and with it under its own (promise 15)",
  { timeout: scale.timeoutMs },
  async () => {
    await sendAs(await createGuest(arena.url));
    expect(await arena.redisKeys()).not.toEqual([]);

    await arena.setFaults("redis", ["refuse", "fail"]);
    const client = await createGuest(arena.url);
    const begunAt = Date.now();
    let allowed = 0;
    for (let response = await send(client); ; response = await send(client)) {
      if (!response.ok) {
        expect(await problemOf(response)).toMatchObject({ status: 429, code: "rate_limited" });
        break;
      }
      await readStream(response);
      allowed++;
    }
    // The local limit counts in fixed minutes, and this may have seen the turn of one.
    const minutes = Math.floor(Date.now() / MINUTE_MS) - Math.floor(begunAt / MINUTE_MS) + 1;
    expect(allowed).toBeGreaterThanOrEqual(PER_USER / 2);
    expect(allowed).toBeLessThanOrEqual((PER_USER / 2) * minutes);

    await arena.setFaults("redis", ["hang"]);
    const hangsAt = performance.now();
    const waits: number[] = [];
    while (performance.now() - hangsAt < scale.redisAwayMs) {
      const at = performance.now();
      await sendAs(await createGuest(arena.url));
      waits.push(performance.now() - at);
      await delay(100);
    }
    const waited = waits.filter((wait) => wait > HANG_MS / 2).length;
    console.log(`${allowed} sends without Redis, then ${waits.length} while it hung:`);
    console.log(`${waited} of these waited for it, at most ${Math.round(Math.max(...waits))} ms`);
    // One notices that it hangs, for the others too, and every few seconds one looks again.
    expect(waited).toBeGreaterThan(0);
    expect(Math.max(...waits)).toBeLessThan(HANG_MS * 3);

    await arena.setFaults("redis", []);
    const before = new Set(await arena.redisKeys());
    const countedAgain = async () => {
      await sendAs(await createGuest(arena.url));
      return (await arena.redisKeys()).some((key) => key.startsWith("brink:limit:user:") && !before.has(key));
    };
    await expect.poll(countedAgain, { timeout: 10_000, interval: 500 }).toBe(true);
  },
);

type Client = Awaited<ReturnType<typeof createGuest>>;

function send(client: Client): Promise<Response> {
  return client.send(newId(), { id: newId(), text: "Is anybody counting?", model: MODEL });
}

async function sendAs(client: Client): Promise<void> {
  const reading = await readStream(await send(client));
  expect(reading.end).toMatchObject({ state: "complete" });
}

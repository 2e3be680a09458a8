// Postgres, Redis or the model away, and back: what still works, what is said, and what arrives afterwards.

import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { type ApiClient, newId, problemOf, readStream } from "../../dev/api-client.ts";
import { createDatabase } from "../postgres/client.ts";
import { messages, usage } from "../postgres/schema.ts";
import { FAST, guest, model } from "../test-client.ts";
import { type Fault, POSTGRES, PROVIDER, REDIS, refused, silent, unheard, withFault } from "../test-network.ts";

const database = createDatabase({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT });
const objectOf = (conversationId: string) => env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(conversationId));

const rowsOf = (cid: string) =>
  database.select().from(messages).where(eq(messages.conversationId, cid)).orderBy(messages.seq);
const usageOf = (cid: string) => database.select().from(usage).where(eq(usage.conversationId, cid));

/** Sends a message in a new conversation and reads its answer to the end. */
async function converse(client: ApiClient) {
  const [cid, id] = [newId(), newId()];
  const reading = await readStream(await client.send(cid, { id, text: `for ${id}`, model: FAST }));
  return { cid, id, reading };
}

/** The next lives of these conversations pay at their alarms, whatever their last ones were waiting for. */
async function pay(talks: readonly { cid: string }[]): Promise<void> {
  await abortAllDurableObjects();
  await Promise.all(talks.map(({ cid }) => runDurableObjectAlarm(objectOf(cid))));
}

const outages: [string, Fault][] = [
  ["refuses", refused],
  ["is silent", silent],
  ["commits and is not heard", unheard],
];

for (const [what, fault] of outages) {
  test(`while Postgres ${what} chat goes on; afterwards every ended answer is there, once (promises 10, 15)`, async () => {
    const client = await guest();
    const talks = await withFault(POSTGRES, fault, async () => {
      const talks = await Promise.all([converse(client), converse(client), converse(client)]);
      await pay(talks);
      return talks;
    });
    await pay(talks);
    await pay(talks);
    for (const { cid, id, reading } of talks) {
      expect(reading.end?.state).toBe("complete");
      const rows = await rowsOf(cid);
      expect(rows.map(({ role, text, state }) => [role, text, state])).toEqual([
        ["user", `for ${id}`, null],
        ["assistant", reading.text, "complete"],
      ]);
      expect((await usageOf(cid)).map(({ generationId }) => generationId)).toEqual([id]);
    }
  }, 60_000);
}

test("rows that come before the tables they go into are there once those are (promise 10)", async () => {
  const client = await guest();
  const noTable: Fault = () =>
    Promise.resolve(Response.json({ message: "no", code: "42P01", severity: "ERROR" }, { status: 400 }));
  const talk = await withFault(POSTGRES, noTable, async () => {
    const talk = await converse(client);
    for (let life = 0; life < 7; life++) await pay([talk]);
    return talk;
  });
  await pay([talk]);
  expect((await rowsOf(talk.cid)).map(({ role }) => role)).toEqual(["user", "assistant"]);
}, 60_000);

test("an alarm that was lost is armed again by whoever opens the conversation (promise 10)", async () => {
  const client = await guest();
  const talk = await withFault(POSTGRES, refused, async () => {
    const talk = await converse(client);
    await abortAllDurableObjects();
    return talk;
  });
  const alarm = () => runInDurableObject(objectOf(talk.cid), (_, { storage }) => storage.getAlarm());
  await runInDurableObject(objectOf(talk.cid), (_, { storage }) => storage.deleteAlarm());
  expect(await alarm()).toBeNull();
  await client.snapshot(talk.cid);
  expect(await alarm()).not.toBeNull();
});

test("what ended and was not paid for is to the next life what it was to the last, rev included (promises 8, 10)", async () => {
  const client = await guest();
  await withFault(POSTGRES, silent, async () => {
    const { cid, reading } = await converse(client);
    const before = await client.snapshot(cid);
    await abortAllDurableObjects();
    expect(before.messages[1]).toMatchObject({ text: reading.text, state: "complete" });
    expect(before.live).toBeNull();
    expect(await client.snapshot(cid)).toEqual(before);
  });
}, 30_000);

test("while Postgres is away the list says so, and when to ask again; an open conversation reads as ever (promise 15)", async () => {
  const client = await guest();
  const { cid, id, reading } = await converse(client);
  await withFault(POSTGRES, refused, async () => {
    const list = await client.call("/api/conversations");
    expect([list.status, list.headers.get("Retry-After")]).toEqual([503, "2"]);
    expect(await problemOf(list)).toMatchObject({ code: "database_unavailable", retryAfterMs: 2_000 });
    expect((await client.snapshot(cid)).messages[1]?.text).toBe(reading.text);
    expect((await readStream(await client.attach(cid, id))).end).toEqual(reading.end);
    // Nobody can say whether this one exists.
    expect((await problemOf(await client.call(`/api/conversations/${newId()}`))).code).toBe("database_unavailable");
  });
  expect((await client.call("/api/conversations")).status).toBe(200);
});

for (const [what, fault] of outages.slice(0, 2)) {
  test(`while Redis ${what} chat goes on, and a cached answer is simply asked for again (promise 15)`, async () => {
    const client = await guest();
    const ask = () => client.send(newId(), { id: newId(), text: `r ${what}`, model: FAST, params: { cache: true } });
    await readStream(await ask());
    await withFault(REDIS, fault, async () => {
      for (let send = 0; send < 2; send++) {
        const { end, events } = await readStream(await ask());
        expect(end?.state).toBe("complete");
        expect(events[0]).toMatchObject({ event: "start", data: { cached: false } });
      }
    });
  });
}

test("with Redis away no more answers are written at once than its stand-in allows (promises 14, 15)", async () => {
  const client = await guest();
  const slow = model("first=20,rate=20,tokens=400");
  await withFault(REDIS, refused, async () => {
    const live = { cid: newId(), id: newId() };
    await client.post(live.cid, { id: live.id, text: "one", model: slow });
    const over = await client.send(newId(), { id: newId(), text: "two", model: slow });
    expect([over.status, (await problemOf(over)).code]).toEqual([429, "too_many_live"]);
    await client.stop(live.cid, live.id);
    await expect
      .poll(async () => (await client.send(newId(), { id: newId(), text: "x", model: FAST })).status)
      .toBe(200);
  });
});

test("a model that cannot be reached is asked three times, then the answer says so and may be asked for again (promise 15)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const away = await withFault(PROVIDER, refused, async () =>
    readStream(await client.send(cid, { id, text: "anybody?", model: FAST })),
  );
  expect(away.end).toMatchObject({ state: "failed", length: 0, error: { code: "provider_unreachable" } });
  expect(away.transcript.attempt).toBe(3);
  const messageId = (await client.snapshot(cid)).activeLeafId;
  const again = { id: newId(), messageId, kind: "regenerate", model: FAST };
  const back = await readStream(await client.callJson("POST", `/api/conversations/${cid}/generations`, again));
  expect(back.end?.state).toBe("complete");
});

test("while an answer is written Postgres knows what the list shows, and at its end question and answer", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const sent = await client.send(cid, { id, text: "a long one", model: model("first=0,rate=20,tokens=30") });
  const listed = async () => {
    const { items } = await (await client.call("/api/conversations")).json<{ items: { id: string }[] }>();
    return items.map((item) => item.id);
  };
  await expect.poll(listed, { timeout: 5_000 }).toEqual([cid]);
  expect(await rowsOf(cid)).toEqual([]);
  const { end } = await readStream(sent);
  expect(end?.state).toBe("complete");
  await expect
    .poll(async () => (await rowsOf(cid)).map(({ role, state }) => [role, state]), { timeout: 5_000 })
    .toEqual([
      ["user", null],
      ["assistant", "complete"],
    ]);
});

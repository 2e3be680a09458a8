// Denied by a limit: nothing is shown, nothing is stored, and the model is not asked or is left at once.

import { expect, test } from "vitest";
import { type ApiClient, newId, problemOf } from "../../dev/api-client.ts";
import { FAST, guest, model } from "../test-client.ts";
import { requestsFor } from "../test-model.ts";

const ENDLESS = model("first=20,rate=20,tokens=4000");
const LIVE = 3; // As the tests' LIMITS have it.

/** As many answers at once as are allowed. */
async function fill(client: ApiClient) {
  return Promise.all(
    Array.from({ length: LIVE }, async () => {
      const live = { cid: newId(), id: newId() };
      await client.post(live.cid, { id: live.id, text: "filling", model: ENDLESS });
      return live;
    }),
  );
}

async function deny(client: ApiClient, accept: string) {
  const [cid, id] = [newId(), newId()];
  const text = `denied ${id}`;
  const path = `/api/conversations/${cid}/messages`;
  const response = await client.callJson("POST", path, { id, text, model: ENDLESS }, { Accept: accept });
  expect(response.status).toBe(429);
  expect(Number(response.headers.get("Retry-After"))).toBeGreaterThan(0);
  expect(await problemOf(response)).toMatchObject({ code: "too_many_live" });
  expect((await client.call(`/api/conversations/${cid}`)).status).toBe(404);
  return { cid, id, text };
}

test("a first denial shows no token, stores nothing, and leaves the model at once (promise 14)", async () => {
  const client = await guest();
  const live = await fill(client);
  const { text } = await deny(client, "text/event-stream");
  // The call went out beside the verdict, and was aborted with it.
  await expect.poll(async () => (await requestsFor(text)).every(({ outcome }) => outcome === "aborted")).toBe(true);
  for (const { cid, id } of live) await client.stop(cid, id);
});

test("after a denial the verdict comes before the call, until it expires (promise 14)", async () => {
  const client = await guest();
  const live = await fill(client);
  await deny(client, "text/event-stream");
  const later = await deny(client, "text/event-stream");
  const receipt = await deny(client, "application/json");
  for (const { cid, id } of live) await client.stop(cid, id);
  const sent = { id: later.id, text: later.text, model: FAST };
  await expect.poll(async () => (await client.send(later.cid, sent)).status, { timeout: 5_000 }).toBe(200);
  // The refused id was free to come again; of the denials the model never heard.
  expect(await requestsFor(later.text)).toHaveLength(1);
  expect(await requestsFor(receipt.text)).toHaveLength(0);
});

test("one user's denial is nobody else's (promises 13, 14)", async () => {
  const [client, other] = [await guest(), await guest()];
  const live = await fill(client);
  await deny(client, "text/event-stream");
  expect((await other.send(newId(), { id: newId(), text: "free", model: FAST })).status).toBe(200);
  for (const { cid, id } of live) await client.stop(cid, id);
});

test("a burst does not have the model called for more sends than may be answered at once", async () => {
  const client = await guest();
  const live = await fill(client);
  const text = `burst ${newId()}`;
  const sends = Array.from({ length: 12 }, () => client.send(newId(), { id: newId(), text, model: ENDLESS }));
  for (const response of await Promise.all(sends)) expect(response.status).toBe(429);
  expect((await requestsFor(text)).length).toBeLessThanOrEqual(LIVE);
  for (const { cid, id } of live) await client.stop(cid, id);
});

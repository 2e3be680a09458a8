// The tree through the public API: another answer, more of an answer, branches; and the bell that tells other tabs.

import { abortAllDurableObjects } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { type ApiClient, newId, problemOf, readStream } from "../../dev/api-client.ts";
import { FAST, guest, model, request, SLOW } from "../test-client.ts";
import { Conversation } from "./conversation.ts";

const generate = (client: ApiClient, cid: string, body: Record<string, unknown>, headers = {}) =>
  client.callJson("POST", `/api/conversations/${cid}/generations`, body, headers);

/** A conversation with one answered message. */
async function begin(client: ApiClient, scenario = FAST) {
  const [cid, id] = [newId(), newId()];
  const reading = await readStream(await client.send(cid, { id, text: "begin", model: scenario }));
  const { messages } = await client.snapshot(cid);
  return { cid, id, reading, answerId: messages[1]?.id ?? "" };
}

/** A conversation whose one answer was stopped in its middle. */
async function beginStopped(client: ApiClient) {
  const [cid, id] = [newId(), newId()];
  await client.post(cid, { id, text: "begin", model: SLOW });
  await readStream(await client.attach(cid, id), undefined, (seen) => seen.length > 50);
  await client.stop(cid, id);
  const message = (await client.snapshot(cid)).messages[1];
  return { cid, id, answerId: message?.id ?? "", text: message?.text ?? "" };
}

test("regenerate writes a sibling, shows it, and keeps the first answer", async () => {
  const client = await guest();
  const { cid, id, reading, answerId } = await begin(client);
  const gid = newId();
  const other = model("first=5,rate=1000,tokens=20,seed=9");
  const again = await readStream(
    await generate(client, cid, { id: gid, messageId: answerId, kind: "regenerate", model: other }),
  );
  expect(again.end?.state).toBe("complete");
  expect(again.text).not.toBe(reading.text);
  const { messages, activeLeafId } = await client.snapshot(cid);
  expect(messages.map(({ role, parentId, text }) => [role, parentId, text])).toEqual([
    ["user", null, "begin"],
    ["assistant", id, reading.text],
    ["assistant", id, again.text],
  ]);
  expect(activeLeafId).toBe(messages[2]?.id);
  expect((await readStream(await client.attach(cid, gid))).text).toBe(again.text);
  expect((await readStream(await client.attach(cid, id))).text).toBe(reading.text);
});

test("a regeneration that comes again is the same, and for another message it is a conflict (promise 5)", async () => {
  const client = await guest();
  const { cid, id, answerId } = await begin(client);
  const body = { id: newId(), messageId: answerId, kind: "regenerate", model: FAST };
  const accept = { Accept: "application/json" };
  const [first, twin] = await Promise.all([generate(client, cid, body, accept), generate(client, cid, body, accept)]);
  expect([first.status, twin.status]).toEqual([202, 202]);
  expect(await twin.json()).toEqual(await first.json());
  await readStream(await client.attach(cid, body.id));
  expect((await client.snapshot(cid)).messages).toHaveLength(3);
  expect((await problemOf(await generate(client, cid, { ...body, kind: "continue" }))).code).toBe("id_conflict");
  expect((await problemOf(await generate(client, cid, { ...body, id }))).code).toBe("id_conflict");
  expect((await problemOf(await client.send(cid, { id: body.id, text: "x" }))).code).toBe("id_conflict");
});

test("continue adds to a stopped answer: one message, one log, and the earlier generation replays as it ended (promises 1, 3)", async () => {
  const client = await guest();
  const { cid, id, answerId, text } = await beginStopped(client);
  const gid = newId();
  const response = await generate(client, cid, { id: gid, messageId: answerId, kind: "continue", model: FAST });
  const more = await readStream(response);
  expect(more.end).toMatchObject({ state: "complete", length: more.text.length });
  expect(more.text.startsWith(text)).toBe(true);
  expect(more.text.length).toBeGreaterThan(text.length);
  const { messages } = await client.snapshot(cid);
  expect(messages).toHaveLength(2);
  expect(messages[1]).toMatchObject({ id: answerId, text: more.text, generationId: gid, state: "complete" });
  const early = await readStream(await client.attach(cid, id));
  expect(early).toMatchObject({ text, end: { state: "stopped", length: text.length } });
  expect((await readStream(await client.attach(cid, gid))).text).toBe(more.text);
  const repeated = await readStream(
    await generate(client, cid, { id: gid, messageId: answerId, kind: "continue", model: FAST }),
  );
  expect(repeated.end).toEqual(more.end);
  expect(await client.stop(cid, id)).toEqual({ state: "stopped", length: text.length });
});

test("a crash in a continued answer keeps all that was stored of both (promise 7)", async () => {
  const client = await guest();
  const { cid, answerId, text } = await beginStopped(client);
  const gid = newId();
  const response = await generate(client, cid, { id: gid, messageId: answerId, kind: "continue", model: SLOW });
  const shown = await readStream(response, undefined, (seen) => seen.length > text.length + 40);
  await abortAllDurableObjects();
  const after = await readStream(await client.attach(cid, gid), shown.transcript);
  expect(after.end).toMatchObject({ state: "interrupted", length: after.text.length });
  expect(after.text.startsWith(text)).toBe(true);
  expect((await client.snapshot(cid)).messages[1]).toMatchObject({ text: after.text, state: "interrupted" });
});

test("an id names one request: a send's is no continue's, and a continue's no send's", async () => {
  const client = await guest();
  const { cid, id, answerId } = await beginStopped(client);
  const wrong = await generate(client, cid, { id, messageId: answerId, kind: "continue", model: FAST });
  expect((await problemOf(wrong)).code).toBe("id_conflict");
  const gid = newId();
  await readStream(await generate(client, cid, { id: gid, messageId: answerId, kind: "continue", model: FAST }));
  const later = newId();
  await readStream(await generate(client, cid, { id: later, messageId: answerId, kind: "continue", model: FAST }));
  for (const used of [gid, later]) {
    expect((await problemOf(await client.send(cid, { id: used, text: "x", model: FAST }))).code).toBe("id_conflict");
  }
});

test("what cannot be regenerated is refused by name, and nothing is stored", async () => {
  const client = await guest();
  const { cid, id, answerId } = await begin(client);
  const cases: [Record<string, unknown>, number, string][] = [
    [{ id: newId(), messageId: newId(), kind: "regenerate" }, 400, "unknown_message"],
    [{ id: newId(), messageId: id, kind: "continue" }, 400, "unknown_message"],
    [{ id: newId(), messageId: answerId, kind: "improve" }, 400, "bad_body"],
    [{ id: newId(), kind: "continue" }, 400, "bad_body"],
    [{ id: newId(), messageId: answerId, kind: "continue", model: "gpt-2" }, 400, "unknown_model"],
  ];
  for (const [body, status, code] of cases) {
    const response = await generate(client, cid, body);
    expect([response.status, (await problemOf(response)).code]).toEqual([status, code]);
  }
  expect(
    (await problemOf(await generate(client, newId(), { id: newId(), messageId: newId(), kind: "continue" }))).code,
  ).toBe("not_found");
  const stranger = await guest();
  const theirs = await generate(stranger, cid, { id: newId(), messageId: answerId, kind: "regenerate" });
  expect((await problemOf(theirs)).code).toBe("not_found");
  expect((await client.snapshot(cid)).messages).toHaveLength(2);
});

test("a branch is switched by its leaf, and the next message hangs there", async () => {
  const client = await guest();
  const { cid, answerId } = await begin(client);
  await readStream(await generate(client, cid, { id: newId(), messageId: answerId, kind: "regenerate", model: FAST }));
  const switched = await client.callJson("PATCH", `/api/conversations/${cid}`, { activeLeafId: answerId });
  expect(switched.status).toBe(200);
  expect((await client.snapshot(cid)).activeLeafId).toBe(answerId);
  const next = newId();
  await readStream(await client.send(cid, { id: next, text: "on", model: FAST }));
  expect((await client.snapshot(cid)).messages.find((message) => message.id === next)?.parentId).toBe(answerId);
});

async function ring(client: ApiClient, cid: string) {
  const response = await client.call(`/api/conversations/${cid}/bell`, {
    headers: { Upgrade: "websocket", Origin: "http://127.0.0.1" },
  });
  const socket = response.webSocket;
  const heard: string[] = [];
  let closed: number | null = null;
  socket?.accept();
  socket?.addEventListener("message", ({ data }) => heard.push(String(data)));
  socket?.addEventListener("close", ({ code }) => (closed = code));
  return { response, socket, heard, closedWith: () => closed };
}

test("the bell says that something changed, and no text; ping answers pong", async () => {
  const client = await guest();
  const { cid } = await begin(client);
  const { response, socket, heard } = await ring(client, cid);
  expect(response.status).toBe(101);
  const { rev } = await client.snapshot(cid);
  await expect.poll(() => heard).toEqual([JSON.stringify({ rev, live: null })]);
  socket?.send("ping");
  await expect.poll(() => heard.at(-1)).toBe("pong");
  const id = newId();
  await readStream(await client.send(cid, { id, text: "ring", model: FAST }));
  await client.callJson("PATCH", `/api/conversations/${cid}`, { title: "renamed" });
  const present = (await client.snapshot(cid)).rev;
  await expect.poll(() => heard.at(-1)).toBe(JSON.stringify({ rev: present, live: null }));
  const rings = heard
    .filter((text) => text !== "pong")
    .map((text) => JSON.parse(text) as { rev: number; live: string | null });
  expect(rings.some(({ live }) => live === id)).toBe(true);
  const revs = rings.map((ring) => ring.rev);
  expect(revs).toEqual([...revs].sort((a, b) => a - b));
  expect(rings.length).toBeLessThanOrEqual(5);
  socket?.close();
});

test("the bell of a deleted conversation rings off, and says why before", async () => {
  const client = await guest();
  const { cid } = await begin(client);
  const { heard, closedWith } = await ring(client, cid);
  await expect.poll(() => heard.length).toBe(1);
  await client.call(`/api/conversations/${cid}`, { method: "DELETE" });
  await expect.poll(() => closedWith()).toBe(4404);
  expect(heard.slice(1).map((text): unknown => JSON.parse(text))).toEqual([
    { rev: expect.any(Number), live: null, deleted: true },
  ]);
});

test("the bell is the owner's, speaks WebSocket, and opens for our own pages only (promise 13)", async () => {
  const client = await guest();
  const { cid } = await begin(client);
  expect((await ring(await guest(), cid)).response.status).toBe(404);
  const look = async (who: ApiClient, id: string) =>
    (await problemOf(await who.call(`/api/conversations/${id}/bell`))).code;
  expect(await look(client, cid)).toBe("upgrade_required");
  expect((await client.call(`/api/conversations/${cid}/bell`)).headers.get("Upgrade")).toBe("websocket");
  for (const id of [newId(), "x"]) expect(await look(client, id)).toBe("not_found");
  expect(await look(await guest(), cid)).toBe("not_found");
  const upgrade = (headers: Record<string, string>) =>
    client.call(`/api/conversations/${cid}/bell`, { headers: { Upgrade: "websocket", ...headers } });
  expect((await problemOf(await upgrade({ Origin: "https://evil.example" }))).code).toBe("cross_origin");
  expect((await problemOf(await upgrade({}))).code).toBe("cross_origin");
  expect((await request(`/api/conversations/${cid}/bell`, { headers: { Upgrade: "websocket" } })).status).toBe(401);
});

test("a fork begins with the branch up to a message, is its own conversation, and leaves the source as it was", async () => {
  const client = await guest();
  const { cid, answerId, reading } = await begin(client);
  await readStream(await client.send(cid, { id: newId(), text: "after", model: FAST }));
  const before = await client.snapshot(cid);
  const fork = newId();
  const ask = () => client.callJson("POST", `/api/conversations/${cid}/forks`, { id: fork, messageId: answerId });
  const reads = vi.spyOn(Conversation.prototype, "readBranch");
  const made = await ask();
  expect(made.status).toBe(201);
  const item = await made.json();
  expect(item).toMatchObject({ id: fork, title: "begin", pinned: false });
  expect(await (await ask()).json()).toEqual(item);
  // The branch may be long: it is read for a fork that begins, and not for one that has begun.
  expect(reads).toHaveBeenCalledTimes(1);
  reads.mockRestore();
  const copy = await client.snapshot(fork);
  expect(copy.messages.map(({ text, seq }) => [seq, text])).toEqual([
    [1, "begin"],
    [2, reading.text],
  ]);
  expect(copy.activeLeafId).toBe(answerId);
  expect((await readStream(await client.send(fork, { id: newId(), text: "on", model: FAST }))).end?.state).toBe(
    "complete",
  );
  expect(await client.snapshot(cid)).toEqual(before);
  const list = await (await client.call("/api/conversations")).json<{ items: { id: string }[] }>();
  expect(list.items.map(({ id }) => id)).toContain(fork);
});

test("a fork of what is not there, of another's, of a live answer, or over another conversation is refused (promise 13)", async () => {
  const client = await guest();
  const { cid, answerId } = await begin(client);
  const ask = (body: Record<string, unknown>, from = client) =>
    from.callJson("POST", `/api/conversations/${cid}/forks`, body);
  expect((await problemOf(await ask({ id: newId(), messageId: newId() }))).code).toBe("unknown_message");
  expect((await problemOf(await ask({ id: "x", messageId: answerId }))).code).toBe("bad_body");
  expect((await problemOf(await ask({ id: cid, messageId: answerId }))).code).toBe("id_conflict");
  expect((await problemOf(await ask({ id: newId(), messageId: answerId }, await guest()))).code).toBe("not_found");
  const other = await begin(client);
  expect((await problemOf(await ask({ id: other.cid, messageId: answerId }))).code).toBe("id_conflict");
  const theirs = await begin(await guest());
  expect((await problemOf(await ask({ id: theirs.cid, messageId: answerId }))).code).toBe("not_found");
  const id = newId();
  const { messageId } = await client.post(cid, { id, text: "long", model: SLOW });
  expect((await problemOf(await ask({ id: newId(), messageId }))).code).toBe("busy");
  await client.stop(cid, id);
});

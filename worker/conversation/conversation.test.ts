// The conversation through the public API, inside workerd: real objects, real gateways, the simulated model.

import { abortAllDurableObjects, runInDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { follow, newId, problemOf, readStream } from "../../dev/api-client.ts";
import { formatCursor } from "../../protocol/cursor.ts";
import { cursorOf } from "../../protocol/transcript.ts";
import { FAST, guest, model, SLOW } from "../test-client.ts";

const objectOf = (conversationId: string) => env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(conversationId));

async function upstreamCalls(marker: string): Promise<number> {
  const response = await fetch(`${env.OPENAI_BASE_URL.replace("/v1", "")}/stats`);
  const { requests } = await response.json<{ requests: { lastUserText: string }[] }>();
  return requests.filter((request) => request.lastUserText === marker).length;
}

test("a message streams start, deltas and one end, and the snapshot holds the same (promises 1, 3)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const response = await client.send(cid, { id, text: "hello", model: FAST });
  expect(response.status).toBe(200);
  expect(response.headers.get("Content-Type")).toBe("text/event-stream");
  expect(response.headers.get("Cache-Control")).toBe("no-store, no-transform");
  const { text, end, events } = await readStream(response);
  expect(events[0]).toMatchObject({
    event: "start",
    data: { generationId: id, attempt: 1, model: FAST, cached: false },
  });
  expect(events.filter(({ event }) => event === "end")).toHaveLength(1);
  expect(end).toMatchObject({ state: "complete", length: text.length, finishReason: "stop" });
  const snapshot = await client.snapshot(cid);
  expect(snapshot).toMatchObject({ id: cid, title: "hello", model: FAST, live: null, nextBefore: null });
  const [user, assistant] = snapshot.messages;
  expect(user).toMatchObject({ id, parentId: null, role: "user", text: "hello", seq: 1 });
  expect(assistant).toMatchObject({
    parentId: id,
    role: "assistant",
    text,
    state: "complete",
    generationId: id,
    seq: 2,
  });
  expect(snapshot.activeLeafId).toBe(assistant?.id);
  const rev = await client.call(`/api/conversations/${cid}?since=${snapshot.rev}`);
  expect(rev.status).toBe(304);
});

test("resumed from any cursor, the bytes are those of the stored message (promises 1, 2)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const first = await readStream(
    await client.send(cid, { id, text: "u", model: model("first=5,rate=2000,tokens=60,text=unicode") }),
  );
  for (let offset = 0; offset <= first.text.length; offset += 7) {
    const response = await client.attach(cid, id, formatCursor(id, 1, offset));
    if (!first.text.slice(offset).isWellFormed()) {
      // Between the halves of a pair no frame ever ended.
      expect((await problemOf(response)).code).toBe("cursor_ahead");
      continue;
    }
    const rest = await readStream(response, {
      ...first.transcript,
      log: [{ part: 0, text: first.text.slice(0, offset) }],
      length: offset,
      end: null,
    });
    expect(rest.text).toBe(first.text);
    expect(rest.end).toEqual(first.end);
  }
  expect((await client.snapshot(cid)).messages[1]?.text).toBe(first.text);
});

test("many readers that cut and come back all end with the stored text (promise 1)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  await client.post(cid, { id, text: "many", model: model("first=5,rate=400,tokens=300,text=unicode") });
  const texts = await Promise.all(
    Array.from({ length: 20 }, async (_, reader) => {
      let reading = await readStream(await client.attach(cid, id), undefined, (seen) => seen.length > reader * 13);
      while (reading.end === null) {
        const target = reading.transcript.length + 40 + reader * 17;
        const response = await client.attach(cid, id, cursorOf(reading.transcript, id));
        reading = await readStream(response, reading.transcript, (seen) => seen.length > target);
      }
      return reading.text;
    }),
  );
  const stored = (await client.snapshot(cid)).messages[1]?.text;
  for (const text of texts) expect(text).toBe(stored);
});

test("the same send again is the same generation, one call to the model, and a different text is a conflict (promises 3, 5)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const marker = `once ${id}`;
  const body = { id, text: marker, model: FAST };
  const [first, twin] = await Promise.all([client.send(cid, body), client.send(cid, body)]);
  const [one, two] = await Promise.all([readStream(first), readStream(twin)]);
  expect(two.text).toBe(one.text);
  const after = await readStream(await client.send(cid, body));
  expect(after.text).toBe(one.text);
  expect(after.end).toEqual(one.end);
  const receipts = [await client.post(cid, body), await client.post(cid, body)];
  expect(receipts[0]).toEqual(receipts[1]);
  expect(receipts[0]).toMatchObject({ generationId: id, userMessageId: id, cursor: `${id}.1.0` });
  expect(await upstreamCalls(marker)).toBe(1);
  const conflict = await client.send(cid, { ...body, text: "something else" });
  expect([conflict.status, (await problemOf(conflict)).code]).toEqual([409, "id_conflict"]);
});

test("a different message while one is live is told which; after a stop it goes through (promise 4)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  await client.post(cid, { id, text: "first", model: SLOW });
  const busy = await client.send(cid, { id: newId(), text: "second", model: SLOW });
  expect(busy.status).toBe(409);
  expect(await problemOf(busy)).toMatchObject({ code: "busy", generationId: id });
  expect(await client.stop(cid, id)).toMatchObject({ state: "stopped" });
  const next = await client.send(cid, { id: newId(), text: "second", model: FAST });
  expect((await readStream(next)).end?.state).toBe("complete");
});

test("stop ends the answer with what readers had been shown, is idempotent, and closes the line to the model (promises 3, 6)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const marker = `stop ${id}`;
  const response = await client.send(cid, { id, text: marker, model: SLOW });
  const stopAt = async () => {
    const watched = await readStream(await client.attach(cid, id), undefined, (seen) => seen.length > 60);
    expect(watched.end).toBeNull();
    return client.stop(cid, id);
  };
  const [shown, stopped] = await Promise.all([readStream(response), stopAt()]);
  expect(stopped).toEqual({ state: "stopped", length: shown.text.length });
  expect(shown.end).toMatchObject({ state: "stopped", length: shown.text.length });
  expect(await client.stop(cid, id)).toEqual(stopped);
  expect((await client.snapshot(cid)).messages[1]).toMatchObject({ text: shown.text, state: "stopped" });
  await expect
    .poll(async () => {
      const stats = await fetch(`${env.OPENAI_BASE_URL.replace("/v1", "")}/stats`);
      const { requests } = await stats.json<{ requests: { lastUserText: string; closedAt?: number }[] }>();
      return requests.find((request) => request.lastUserText === marker)?.closedAt;
    })
    .toBeDefined();
});

test("stop works before the first token, and after the end it changes nothing (promise 6)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  await client.post(cid, { id, text: "wait", model: model("first=60000,rate=10,tokens=5") });
  expect(await client.stop(cid, id)).toEqual({ state: "stopped", length: 0 });
  const second = newId();
  const { end } = await readStream(await client.send(cid, { id: second, text: "go", model: FAST }));
  expect(await client.stop(cid, second)).toEqual({ state: "complete", length: end?.length });
});

test("a crash in mid-answer ends as interrupted with the stored prefix, and readers are told where to cut (promise 7)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const response = await client.send(cid, { id, text: "crash", model: SLOW });
  const before = await readStream(response, undefined, (seen) => seen.length > 40);
  expect(before.end).toBeNull();
  const shown = before.text;
  await abortAllDurableObjects();
  const after = await follow(client, cid, id, before.transcript);
  expect(after.end).toMatchObject({ state: "interrupted", error: { code: "crashed" }, length: after.text.length });
  expect(shown.startsWith(after.text)).toBe(true);
  expect(after.text.length).toBeGreaterThan(0);
  const fresh = await follow(client, cid, id);
  expect(fresh.text).toBe(after.text);
  const snapshot = await client.snapshot(cid);
  expect(snapshot.live).toBeNull();
  expect(snapshot.messages[1]).toMatchObject({ state: "interrupted", text: after.text });
  const next = await readStream(await client.send(cid, { id: newId(), text: "on", model: FAST }));
  expect(next.end?.state).toBe("complete");
});

test("a crash before anything was said is answered by another attempt, which readers follow (promises 5, 7)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const marker = `silent ${id}`;
  await client.post(cid, { id, text: marker, model: model("first=600,rate=1000,tokens=10") });
  await abortAllDurableObjects();
  const { end, transcript, text } = await follow(client, cid, id);
  expect(end).toMatchObject({ state: "complete", length: text.length });
  expect(transcript.attempt).toBe(2);
  expect(await upstreamCalls(marker)).toBe(2);
  const resumed = await readStream(await client.attach(cid, id, formatCursor(id, 1, 0)));
  expect(resumed.events.slice(0, 2).map(({ event }) => event)).toEqual(["start", "reset"]);
  expect(resumed.text).toBe(text);
});

test("the alarm alone finds a dead answer (promise 7)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  await readStream(await client.send(cid, { id, text: "alone", model: SLOW }), undefined, (seen) => seen.length > 20);
  await abortAllDurableObjects();
  expect(await runDurableObjectAlarm(objectOf(cid))).toBe(true);
  const state = await runInDurableObject(objectOf(cid), (_, object) =>
    object.storage.sql
      .exec("select record ->> '$.generation.state' as state from ledger where length is not null")
      .one(),
  );
  expect(state["state"]).toBe("interrupted");
});

test("a provider that breaks off is never complete, and says what happened with the text kept", async () => {
  const client = await guest();
  const faults: [string, string, number][] = [
    ["fault=cut@5", "provider_truncated", 1],
    ["fault=rst@5", "provider_truncated", 1],
    ["fault=nofinish", "provider_truncated", 1],
    ["fault=error@5", "provider_error", 1],
    ["fault=html", "provider_bad_response", 0],
    ["fault=status-503", "provider_error", 0],
  ];
  for (const [fault, code, minimum] of faults) {
    const cid = newId();
    const id = newId();
    const response = await client.send(cid, { id, text: fault, model: model(`first=5,rate=1000,tokens=20,${fault}`) });
    const { end, text } = await readStream(response);
    expect(end, fault).toMatchObject({ state: "failed", error: { code }, length: text.length });
    expect(text.length, fault).toBeGreaterThanOrEqual(minimum);
    expect((await client.snapshot(cid)).messages[1], fault).toMatchObject({ state: "failed", text, error: { code } });
  }
});

test("a finish_reason and a clean end are enough, and [DONE] with an open line is not waited for", async () => {
  const client = await guest();
  for (const fault of ["fault=nodone", "fault=late-fin"]) {
    const response = await client.send(newId(), {
      id: newId(),
      text: fault,
      model: model(`first=5,rate=1000,tokens=20,${fault}`),
    });
    expect((await readStream(response)).end, fault).toMatchObject({ state: "complete", finishReason: "stop" });
  }
});

test("reasoning streams as a part of its own and replays exactly (promises 1, 3)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const live = await readStream(
    await client.send(cid, { id, text: "think", model: model("first=5,rate=1000,tokens=20,reasoning=10") }),
  );
  expect(live.transcript.log.map((entry) => ("op" in entry ? entry.op.type : entry.part))).toEqual(["part", 1, 0]);
  const again = await readStream(await client.attach(cid, id));
  expect(again.transcript.log).toEqual(live.transcript.log);
  expect(again.end).toEqual(live.end);
  const message = (await client.snapshot(cid)).messages[1];
  expect(message).toMatchObject({ text: live.text, parts: live.transcript.log });
  expect(live.end?.length).toBe(live.transcript.length);
});

test("cursors that are none, another's, or ahead are refused; an ended stream answers what is missing", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const { text } = await readStream(await client.send(cid, { id, text: "cursors", model: FAST }));
  const refusals: [string, number, string][] = [
    ["nonsense", 400, "bad_cursor"],
    [formatCursor(newId(), 1, 0), 400, "bad_cursor"],
    [`${id}.1.-1`, 400, "bad_cursor"],
    [formatCursor(id, 1, text.length + 1), 409, "cursor_ahead"],
    [formatCursor(id, 2, 0), 409, "cursor_ahead"],
  ];
  for (const [cursor, status, code] of refusals) {
    const response = await client.attach(cid, id, cursor);
    expect([response.status, (await problemOf(response)).code], cursor).toEqual([status, code]);
  }
  const atEnd = await readStream(await client.attach(cid, id, formatCursor(id, 1, text.length)));
  expect(atEnd.events.map(({ event }) => event)).toEqual(["start", "end"]);
  const byQuery = await client.call(
    `/api/conversations/${cid}/generations/${id}/stream?from=${formatCursor(id, 1, 3)}`,
  );
  expect((await readStream(byQuery)).events[1]).toMatchObject({ event: "delta", data: { offset: 3 } });
});

test("a reader past the sixty-fourth is refused, and a place comes back when one leaves (promise 11)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  await client.post(cid, { id, text: "crowd", model: model("first=20,rate=20,tokens=400") });
  const leaving = new AbortController();
  const readers = await Promise.all(
    Array.from({ length: 64 }, (_, index) =>
      client.attach(cid, id, undefined, index === 0 ? leaving.signal : undefined),
    ),
  );
  expect(readers.every((response) => response.ok)).toBe(true);
  const refused = await client.attach(cid, id);
  expect(refused.status).toBe(429);
  expect(refused.headers.get("Retry-After")).toBe("5");
  expect((await problemOf(refused)).code).toBe("too_many_readers");
  await readers[1]?.body?.cancel();
  await expect.poll(async () => (await client.attach(cid, id)).status).toBe(200);
  await client.stop(cid, id);
  await Promise.all(readers.slice(2).map((response) => readStream(response)));
});

test("deleting ends what is live, clears the storage, and the id stays gone, for sends too", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const response = await client.send(cid, { id, text: "delete me", model: SLOW });
  const watching = readStream(response);
  await readStream(await client.attach(cid, id), undefined, (seen) => seen.length > 10);
  const gone = await client.call(`/api/conversations/${cid}`, { method: "DELETE" });
  expect(gone.status).toBe(204);
  expect((await watching).end).toMatchObject({ state: "stopped", error: { code: "deleted" } });
  expect((await client.call(`/api/conversations/${cid}`, { method: "DELETE" })).status).toBe(204);
  expect((await client.call(`/api/conversations/${cid}`)).status).toBe(404);
  expect((await client.send(cid, { id: newId(), text: "again", model: FAST })).status).toBe(404);
  expect((await client.attach(cid, id)).status).toBe(404);
  const rest = await runInDurableObject(objectOf(cid), (_, { storage }) => ({
    tables: storage.sql.exec("select name from sqlite_master where type = 'table' and name not like '%cf%'").toArray(),
    title: storage.sql.exec("select record ->> 'title' as title from ledger").one()["title"],
  }));
  expect(rest).toEqual({ tables: [{ name: "ledger" }], title: "" });
  const list = await (await client.call("/api/conversations")).json<{ items: unknown[] }>();
  expect(list.items).toEqual([]);
});

test("a stranger gets the same 404 as for an id that never was, and neither stores anything (promises 12, 13)", async () => {
  const [owner, stranger] = [await guest(), await guest()];
  const [cid, id] = [newId(), newId()];
  await readStream(await owner.send(cid, { id, text: "mine", model: FAST }));
  for (const target of [cid, newId(), "not-an-id", "..%2F..%2Fetc", "%00"]) {
    const answers = await Promise.all([
      stranger.call(`/api/conversations/${target}`),
      stranger.call(`/api/conversations/${target}`, { method: "DELETE" }),
      stranger.callJson("PATCH", `/api/conversations/${target}`, { title: "x" }),
      stranger.call(`/api/conversations/${target}/generations/${id}/stream`),
      stranger.call(`/api/conversations/${target}/generations/${id}/stop`, { method: "POST" }),
    ]);
    for (const answer of answers)
      expect([answer.status, (await problemOf(answer)).code], target).toEqual([404, "not_found"]);
  }
  const send = await stranger.send(cid, { id: newId(), text: "let me in", model: FAST });
  expect((await problemOf(send)).code).toBe("not_found");
  const probed = newId();
  await stranger.call(`/api/conversations/${probed}`);
  const tables = await runInDurableObject(objectOf(probed), (_, { storage }) =>
    storage.sql.exec("select name from sqlite_master").toArray(),
  );
  expect(tables).toEqual([]);
});

test("messages hang in a tree: a null parent is a new root, an unknown one is refused, absent is the active leaf", async () => {
  const client = await guest();
  const cid = newId();
  const ids = [newId(), newId(), newId(), newId()] as const;
  await readStream(await client.send(cid, { id: ids[0], text: "one", model: FAST }));
  await readStream(await client.send(cid, { id: ids[1], text: "two", model: FAST }));
  await readStream(await client.send(cid, { id: ids[2], text: "root", parentId: null, model: FAST }));
  await readStream(await client.send(cid, { id: ids[3], text: "branch", parentId: ids[0], model: FAST }));
  const { messages, activeLeafId } = await client.snapshot(cid);
  const of = (id: string) => messages.find((message) => message.id === id);
  expect(of(ids[1])?.parentId).toBe(messages[1]?.id);
  expect(of(ids[2])?.parentId).toBeNull();
  expect(of(ids[3])?.parentId).toBe(ids[0]);
  expect(messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(activeLeafId).toBe(messages[7]?.id);
  const unknown = await client.send(cid, { id: newId(), text: "x", parentId: newId(), model: FAST });
  expect([unknown.status, (await problemOf(unknown)).code]).toEqual([400, "unknown_parent"]);
  const firstOfAll = await client.send(newId(), { id: newId(), text: "x", parentId: newId(), model: FAST });
  expect((await problemOf(firstOfAll)).code).toBe("unknown_parent");
  const page = await client.snapshot(cid, "?limit=3");
  expect(page.messages.map(({ seq }) => seq)).toEqual([6, 7, 8]);
  expect(page.nextBefore).toBe(6);
  const older = await client.snapshot(cid, `?limit=200&before=${page.nextBefore}`);
  expect(older.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  expect(older.nextBefore).toBeNull();
});

test("a second tab sees a live answer in the snapshot and goes on from its cursor (promise 1)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const first = await client.send(cid, { id, text: "tabs", model: model("first=5,rate=200,tokens=80") });
  await readStream(await client.attach(cid, id), undefined, (seen) => seen.length > 50);
  const { live, messages } = await client.snapshot(cid);
  expect(live).toMatchObject({
    generationId: id,
    state: "streaming",
    attempt: 1,
    cursor: `${id}.1.${live?.text.length}`,
  });
  expect(messages[1]).toMatchObject({ state: "streaming", text: live?.text });
  const rest = await readStream(await client.attach(cid, id, live?.cursor));
  const whole = await readStream(first);
  const tail = rest.events.map((event) => (event.event === "delta" ? event.data.text : "")).join("");
  expect(`${live?.text}${tail}`).toBe(whole.text);
});

test("texts with NUL and lone surrogates are stored as U+FFFD, the same everywhere", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const text = "a\0b\ud800c";
  await readStream(await client.send(cid, { id, text, model: FAST }));
  expect((await client.snapshot(cid)).messages[0]?.text).toBe("a\ufffdb\ufffdc");
  expect((await client.send(cid, { id, text, model: FAST })).status).toBe(200);
});

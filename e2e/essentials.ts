// What any Brink does, whatever stands behind it, over plain HTTP: declared once, and run against every kind of start.

import { once } from "node:events";
import { expect, test } from "vitest";
import { createGuest, newId, readStream } from "../dev/api-client.ts";
import { expectedText, SIMULATED_MODEL, type SimulatedLlm } from "../dev/simulated-llm.ts";
import type { SendAnswer } from "../protocol/api.ts";
import { startReader } from "./rig/reader.ts";

export type Given = { url(): string; model(): SimulatedLlm };

const MAX_CLOSE_MS = 250; // Promise 6: so long after a stop was acknowledged no byte is read from upstream.
const MAX_ANSWER_MS = 2_000; // A client gives up on a close that is not answered after 3 s, or 30.
const BRISK = `${SIMULATED_MODEL}:first=50,rate=500`;
const QUICK = `${SIMULATED_MODEL}:first=20,rate=400,tokens=200,text=unicode`;
const SLOW = `${SIMULATED_MODEL}:first=20,rate=50,tokens=2000`;

export function testEssentials({ url, model }: Given): void {
  const requestsOf = (text: string) =>
    model()
      .requests()
      .filter(({ lastUserText }) => lastUserText === text);

  test("a message streams: a start, deltas that join, and one end that is complete (promises 1, 3)", async () => {
    const client = await createGuest(url());
    const [conversationId, id] = [newId(), newId()];
    const response = await client.send(conversationId, { id, text: "What is a log?", model: BRISK });
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toBe("text/event-stream");
    expect(response.headers.get("Cache-Control")).toBe("no-store, no-transform");
    expect(response.headers.get("X-Request-Id")).toBeTruthy();

    const frames = (await response.text()).split("\n\n").filter((frame) => frame !== "" && !frame.startsWith(":"));
    const names = frames.map((frame) => /^event: (.+)$/m.exec(frame)?.[1]);
    expect(names.filter((name) => name !== "delta")).toEqual(["start", "end"]);
    expect([names[0], names.at(-1)]).toEqual(["start", "end"]);
    const datas = frames.map((frame): Record<string, unknown> => JSON.parse(/^data: (.+)$/m.exec(frame)?.[1] ?? ""));
    const text = datas.map((data) => data["text"] ?? "").join("");
    expect(text).toBe(expectedText(BRISK, "What is a log?"));
    expect(datas.at(-1)).toMatchObject({ state: "complete", length: text.length, finishReason: "stop" });

    const { messages, live } = await client.snapshot(conversationId);
    expect(live).toBeNull();
    expect(messages.map((message) => [message.role, message.text])).toEqual([
      ["user", "What is a log?"],
      ["assistant", text],
    ]);
    expect(messages[1]).toMatchObject({ state: "complete", generationId: id, parentId: id });
  });

  test("a connection cut in the middle and resumed by Last-Event-ID brings the very bytes that are stored (promise 1)", async () => {
    const client = await createGuest(url());
    const [conversationId, generationId] = [newId(), newId()];
    const first = client.send(conversationId, { id: generationId, text: "Cut me.", model: QUICK });
    const cuts = [700, 1, 2_000, 333];
    const reader = startReader({
      client,
      conversationId,
      generationId,
      first,
      nextCut: () => cuts.shift() ?? Number.POSITIVE_INFINITY,
    });
    expect(await reader.end).toMatchObject({ state: "complete" });
    expect(reader.faults).toEqual([]);
    expect(reader.connections).toBe(5);
    expect(reader.text).toBe(expectedText(QUICK));
    const { messages } = await client.snapshot(conversationId);
    expect(messages[1]?.text).toBe(reader.text);
    expect(requestsOf("Cut me.")).toHaveLength(1);
  });

  test("a stop closes the line to the model within 250 ms, and what is stored is what was shown (promise 6)", async () => {
    const client = await createGuest(url());
    const [conversationId, generationId] = [newId(), newId()];
    const first = client.send(conversationId, { id: generationId, text: "Stop me.", model: SLOW });
    const reader = startReader({ client, conversationId, generationId, first });
    await reader.reaches(100);
    const stopped = await client.stop(conversationId, generationId);
    const acknowledgedAt = Date.now();
    const end = await reader.end;
    expect(end).toEqual({ state: "stopped", length: stopped.length });
    await expect.poll(() => requestsOf("Stop me.")[0]?.outcome).toBe("aborted");
    expect((requestsOf("Stop me.")[0]?.closedAt ?? 0) - acknowledgedAt).toBeLessThan(MAX_CLOSE_MS);

    const { messages, live } = await client.snapshot(conversationId);
    expect(live).toBeNull();
    expect(messages[1]).toMatchObject({ state: "stopped", text: reader.text });
    expect(reader.text).toHaveLength(stopped.length);
    expect(expectedText(SLOW).startsWith(reader.text)).toBe(true);
    expect(reader.faults).toEqual([]);
    expect(await client.stop(conversationId, generationId)).toEqual(stopped);
  });

  test("the same id sent again, at once and after the end, is the same answer and one request upstream (promise 5)", async () => {
    const client = await createGuest(url());
    const [conversationId, id] = [newId(), newId()];
    const body = { id, text: "Once.", model: QUICK };
    const receipts = await Promise.all([1, 2, 3].map(() => client.post(conversationId, body)));
    const again: SendAnswer = await client.post(conversationId, body);
    for (const receipt of receipts) expect(receipt).toEqual(again);
    expect(again.generationId).toBe(id);
    const live = await readStream(await client.send(conversationId, body));
    const ended = await readStream(await client.send(conversationId, body));
    expect(live.text).toBe(expectedText(QUICK));
    expect(ended.text).toBe(live.text);
    expect(ended.end).toEqual(live.end);
    expect(ended.transcript.start).toEqual(live.transcript.start);
    expect(requestsOf("Once.")).toHaveLength(1);
  });
  test("the bell answers a close at once, with the code it was closed with", async () => {
    const client = await createGuest(url());
    const conversationId = newId();
    await readStream(await client.send(conversationId, { id: newId(), text: "Ring.", model: QUICK }));
    const bellUrl = `${url().replace("http", "ws")}/api/conversations/${conversationId}/bell`;
    for (const [given, told] of [
      [1000, 1000],
      [4321, 4321],
      [undefined, 1000],
    ] as const) {
      const socket = new WebSocket(bellUrl, { headers: { Cookie: client.cookie, Origin: url() } });
      await once(socket, "message");
      const closedAt = performance.now();
      const closed = once(socket, "close");
      socket.close(given);
      const [event] = (await closed) as [CloseEvent];
      expect([event.code, event.wasClean], String(given)).toEqual([told, true]);
      expect(performance.now() - closedAt).toBeLessThan(MAX_ANSWER_MS);
    }
  });
}

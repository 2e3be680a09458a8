// Readers that take nothing, over an answer that is more than their lines swallow: they slow nobody, they cost no memory
// to speak of, and when one of them takes up again it has missed nothing.

import { readFileSync } from "node:fs";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { createParser } from "eventsource-parser";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { type ApiClient, createGuest, newId } from "../../dev/api-client.ts";
import { textOf } from "../../protocol/events.ts";
import { parseEvent } from "../../protocol/sse.ts";
import { createStrictFold } from "../rig/strict-fold.ts";
import { type Arena, openArena } from "./arena.ts";
import { type Flood, startFlood } from "./flood.ts";
import { delay, nameSeed, scale, seed } from "./scale.ts";

const READERS = 10;
const SLOWER = 1.2;
const MANY = 50; // Of the 64 that a conversation takes.
const CONVERSATIONS = 2;
// Somewhat under 1 MB a line, for workerd's own buffers. With a reader that pushes it was 5 MB a line.
const MAX_GROWTH_MB = 200;

let flood: Flood;
let arena: Arena;
let client: ApiClient;
beforeAll(async () => {
  flood = await startFlood();
  arena = await openArena(seed, { OPENAI_BASE_URL: flood.url, OPENAI_MODEL: flood.model });
  client = await createGuest(arena.url);
});
beforeEach(nameSeed);
afterAll(async () => {
  await arena?.close();
  await flood?.close();
});

test(
  "one reader that takes nothing slows none of the other nine, and misses nothing (promise 11)",
  { timeout: scale.timeoutMs },
  async () => {
    await readTogether(1, 0); // Warms up.
    const undisturbed = await readTogether(READERS, 0);
    const disturbed = await readTogether(READERS - 1, 1);
    console.log(`${READERS} readers: ${undisturbed.ms} ms; nine and one that takes nothing: ${disturbed.ms} ms`);
    expect(disturbed.ms).toBeLessThan(undisturbed.ms * SLOWER);
    const [late] = disturbed.stalled;
    if (late === undefined) throw new Error("one reader is stalled");
    expect(await readStalled(late, disturbed.generationId)).toBe(flood.text);
  },
);

test("a hundred of them cost bounded memory (promise 11)", { timeout: scale.timeoutMs }, async () => {
  let growth = 0;
  for (let count = 0; count < CONVERSATIONS; count++) {
    const { conversationId, generationId } = await readTogether(1, 0);
    const before = await residentAtRest();
    // Behind the end every reader has frames of its own; those of a live answer are the same bytes for all.
    await Promise.all(Array.from({ length: MANY }, () => open(conversationId, generationId)));
    growth += (await residentAtRest()) - before;
  }
  console.log(`${CONVERSATIONS * MANY} readers that take nothing: ${growth} MB`);
  expect(growth).toBeLessThan(MAX_GROWTH_MB);
});

type Together = { conversationId: string; generationId: string; ms: number; stalled: IncomingMessage[] };

/** One answer, from the send until the last of those who read has its end; the stalled ones are there from the start. */
async function readTogether(readers: number, stalled: number): Promise<Together> {
  const [conversationId, generationId] = [newId(), newId()];
  const begunAt = performance.now();
  await client.post(conversationId, { id: generationId, text: "Flood me.", model: flood.model });
  const attach = (count: number) =>
    Promise.all(Array.from({ length: count }, () => open(conversationId, generationId)));
  const idle = await attach(stalled);
  await Promise.all((await attach(readers)).map(readToEnd));
  return { conversationId, generationId, ms: Math.round(performance.now() - begunAt), stalled: idle };
}

/** A response that nobody reads until somebody does: Node takes a few kilobytes and lets the line fill up. */
async function open(conversationId: string, generationId: string): Promise<IncomingMessage> {
  const path = `/api/conversations/${conversationId}/generations/${generationId}/stream`;
  const request = get(new URL(path, arena.url), { headers: { cookie: client.cookie }, agent: false });
  onTestFinished(() => void request.destroy());
  const [response]: IncomingMessage[] = await once(request, "response");
  expect(response?.statusCode).toBe(200);
  if (response === undefined) throw new Error("no response");
  return response;
}

/** Without a look at what comes: ten readers that parse would measure this process. */
async function readToEnd(response: IncomingMessage): Promise<void> {
  let tail = "";
  const body: AsyncIterable<Buffer> = response;
  for await (const chunk of body) tail = (tail + chunk.subarray(-400).toString("latin1")).slice(-400);
  expect(tail).toMatch(/event: end\ndata: \{"state":"complete".*\}\n\n$/);
}

async function readStalled(response: IncomingMessage, generationId: string): Promise<string> {
  const fold = createStrictFold(generationId);
  const parser = createParser({
    onEvent: ({ event: name, data, id }) => {
      const event = parseEvent(name, data);
      if (event !== null) fold.take(event, id);
    },
  });
  const decoder = new TextDecoder();
  const body: AsyncIterable<Buffer> = response;
  for await (const chunk of body) parser.feed(decoder.decode(chunk, { stream: true }));
  expect(fold.faults).toEqual([]);
  expect(fold.transcript.end).toMatchObject({ state: "complete", length: flood.text.length });
  return textOf(fold.transcript.log);
}

/** What workerd holds, in megabytes, once it has stopped to take more. */
async function residentAtRest(): Promise<number> {
  let last = Number.NEGATIVE_INFINITY;
  for (;;) {
    const present = residentMegabytes(arena.workerdPid());
    if (Math.abs(present - last) <= 2) return present;
    last = present;
    await delay(400);
  }
}

function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(kilobytes) / 1_024);
}

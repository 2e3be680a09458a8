// One call to a provider, from the request that is sent to how its iteration ends.

import { expect, test } from "vitest";
import { type Fault, PROVIDER, refused, silent, withFault } from "../test-network.ts";
import { createOpenAiProvider } from "./openai-compatible.ts";
import type { LlmEvent } from "./provider.ts";

const provider = createOpenAiProvider({ baseUrl: PROVIDER, apiKey: "secret", now: () => Date.now() });
const prompt = { model: "m", messages: [{ role: "user" as const, content: "Hi" }], params: {} };
const SAID = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "Yes" } }] })}\n\n`;

/** A call whose request meets `fault`, as an iterator. */
function call(signal = new AbortController().signal) {
  return provider.stream(prompt, { signal, onDispatch: () => undefined })[Symbol.asyncIterator]();
}

/** An answer that says `said` and then nothing, on a line that stays open. */
function openLine(said: string) {
  const line = { isClosed: false };
  const body = new ReadableStream({
    type: "bytes",
    start: (controller) => controller.enqueue(new TextEncoder().encode(said)),
    cancel: () => void (line.isClosed = true),
  });
  const answer: Fault = () => Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
  return { line, answer };
}

async function readAll(batches: AsyncIterator<LlmEvent[]>): Promise<LlmEvent[]> {
  const events: LlmEvent[] = [];
  for (;;) {
    const { done, value } = await batches.next();
    if (done === true) return events;
    events.push(...value);
  }
}

test("the request names what it needs, and nothing of what it is sent by", async () => {
  let sent: Headers | null = null;
  const fault: Fault = (_, init) => {
    sent = new Headers(init?.headers);
    return Promise.resolve(Response.json({ error: { message: "no" } }, { status: 400 }));
  };
  await withFault(PROVIDER, fault, () => readAll(call()));
  const names = [...(sent ?? new Headers()).keys()];
  expect(names).toEqual(["accept", "authorization", "content-type", "user-agent"]);
});

test("no connection and a line that breaks are events, and the iteration is over then", async () => {
  expect(await withFault(PROVIDER, refused, () => readAll(call()))).toEqual([
    { type: "failed", code: "provider_unreachable", retryable: true },
  ]);
  const breaking: Fault = () => {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const write = async () => {
      await writer.write(new TextEncoder().encode(SAID));
      await writer.abort(new TypeError("the line broke"));
    };
    write().catch(() => undefined);
    return Promise.resolve(new Response(readable, { headers: { "Content-Type": "text/event-stream" } }));
  };
  expect((await withFault(PROVIDER, breaking, () => readAll(call()))).slice(-2)).toEqual([
    { type: "text", kind: "answer", text: "Yes" },
    { type: "failed", code: "provider_truncated", retryable: true },
  ]);
});

test("aborted before its head came, a call ends in silence", async () => {
  const controller = new AbortController();
  await withFault(PROVIDER, silent, async () => {
    const reading = readAll(call(controller.signal));
    controller.abort();
    expect(await reading).toEqual([]);
  });
});

test("left in its middle, a call closes its line, and says no more", async () => {
  const { line, answer } = openLine(SAID);
  await withFault(PROVIDER, answer, async () => {
    const batches = call();
    expect((await batches.next()).value).toEqual([{ type: "heard" }]);
    expect((await batches.next()).value).toEqual([{ type: "text", kind: "answer", text: "Yes" }]);
    await batches.return?.();
    expect(line.isClosed).toBe(true);
    expect((await batches.next()).done).toBe(true);
  });
});

test("a line that failed by what it said is closed by who leaves it", async () => {
  const { line, answer } = openLine(`${SAID}data: {"error":{"message":"overloaded"}}\n\n`);
  await withFault(PROVIDER, answer, async () => {
    const events = await readAll(call());
    expect(events.at(-1)).toEqual({ type: "failed", code: "provider_error", retryable: true });
    expect(line.isClosed).toBe(true);
  });
});

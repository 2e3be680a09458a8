import { expect, test } from "vitest";
import { ApiError } from "./api-error.ts";
import { createApi } from "./api.ts";
import { createClock } from "./testing/clock.ts";

/** An API whose every answer is this one; remembers what it was asked. */
function answering(answer: Response | Error) {
  const asked: { path: string; init: RequestInit | undefined }[] = [];
  const fetch = (path: string, init?: RequestInit) => {
    asked.push({ path, init });
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const api = createApi(fetch, createClock().schedule);
  return { api, asked };
}

async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => new Error("it did not fail"),
    (error: unknown) => error,
  );
  if (!(error instanceof ApiError)) throw error;
  return error;
}

const signal = new AbortController().signal;

test("a refusal carries the server's code, words and time", async () => {
  const body = {
    type: "t",
    title: "t",
    status: 429,
    detail: "Too many.",
    code: "rate_limited",
    requestId: "r",
    retryAfterMs: 1_234,
  };
  const { api } = answering(Response.json(body, { status: 429, headers: { "Retry-After": "2" } }));
  expect(await failureOf(api.readSession())).toMatchObject({
    status: 429,
    code: "rate_limited",
    detail: "Too many.",
    retryAfterMs: 1_234,
  });
});

test("a refusal by something in between still has words, and its Retry-After is seconds", async () => {
  const { api } = answering(new Response("<html>", { status: 502, headers: { "Retry-After": "7" } }));
  expect(await failureOf(api.readSession())).toMatchObject({ status: 502, code: "unknown", retryAfterMs: 7_000 });
});

test("another answer is asked for like a send: as JSON, for a stream", async () => {
  const stream = new Response(": hello", { headers: { "Content-Type": "text/event-stream" } });
  const { api, asked } = answering(stream);
  const body = { id: "g", messageId: "m", kind: "regenerate" as const };
  await api.generate("c", body, signal);
  expect(asked).toEqual([
    {
      path: "/api/conversations/c/generations",
      init: {
        method: "POST",
        signal,
        headers: { Accept: "text/event-stream", "Content-Type": "application/json" },
        body: JSON.stringify(body),
      },
    },
  ]);
});

test("silence is an error of the network, an abort is the caller's own", async () => {
  expect(await failureOf(answering(new TypeError("fetch failed")).api.readSession())).toMatchObject({
    status: 0,
    code: "network",
  });
  const aborted = new AbortController();
  aborted.abort();
  const { api } = answering(new DOMException("aborted", "AbortError"));
  await expect(api.attach("c", "g", undefined, aborted.signal)).rejects.toThrow("aborted");
});

test("an answer that is not what it should be is an error, not a wrong value", async () => {
  for (const body of [
    "",
    "<html>",
    "null",
    "[]",
    "{}",
    '{"user":null}',
    '{"user":{"id":1,"kind":"guest"},"limits":{}}',
  ]) {
    expect((await failureOf(answering(new Response(body)).api.readSession())).code).toBe("bad_answer");
  }
});

test("fields of a newer server are ignored, and optional ones may be missing", async () => {
  const item = {
    id: "i",
    title: "t",
    model: "m",
    createdAt: "",
    updatedAt: "",
    pinned: false,
    archived: false,
    colour: "red",
  };
  const { api } = answering(Response.json({ items: [item], nextCursor: null, more: 1 }));
  const { items } = await api.listConversations(null);
  expect(items[0]).not.toHaveProperty("colour");
});

test("an op that is not known here keeps its place in a message's parts", async () => {
  const message = {
    id: "a", parentId: null, seq: 1, role: "assistant", text: "x", state: "complete", createdAt: "",
    parts: [{ op: { type: "part", part: 1, kind: "reasoning" } }, { part: 1, text: "hm" }, { op: { type: "tool", name: "?" } }, { part: 0, text: "x" }],
  }; // prettier-ignore
  const snapshot = {
    id: "c",
    rev: 1,
    title: "",
    model: "",
    system: null,
    activeLeafId: "a",
    messages: [message],
    live: null,
    nextBefore: null,
  };
  const read = await answering(Response.json(snapshot)).api.readConversation("c");
  expect(read?.messages[0]?.parts).toEqual([
    ...message.parts.slice(0, 2),
    { op: { type: "unknown" } },
    message.parts[3],
  ]);
});

test("304 is nothing new", async () => {
  const { api, asked } = answering(new Response(null, { status: 304 }));
  expect(await api.readConversation("c", { since: 4 })).toBe(null);
  expect(asked[0]?.path).toBe("/api/conversations/c?since=4");
});

test("a stream is asked for as one, from its cursor, and anything else than a stream is a broken line", async () => {
  const { api, asked } = answering(new Response(": \n\n", { headers: { "Content-Type": "text/event-stream" } }));
  await api.attach("c", "g", "g.1.5", signal);
  expect(new Headers(asked[0]?.init?.headers).get("Last-Event-ID")).toBe("g.1.5");
  const portal = answering(new Response("<html>Sign in to the Wi-Fi", { headers: { "Content-Type": "text/html" } }));
  expect(await failureOf(portal.api.attach("c", "g", undefined, signal))).toMatchObject({ status: 0 });
});

/** Settles only when it is given up. */
function untilAborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

test.for(["nothing", "a head without its body", "a refusal without its words"])(
  "an answer of which only %s has come in half a minute is lost to the network, and the line is given up",
  async (what) => {
    const clock = createClock();
    const response = what === "nothing" ? null : new Response("{}", { status: what.startsWith("a head") ? 200 : 503 });
    const calls = createApi((_, init) => {
      const waiting = untilAborted(init?.signal);
      if (response === null) return waiting;
      return Promise.resolve(Object.assign(response, { text: () => waiting }));
    }, clock.schedule);
    const failed = failureOf(calls.readConversation("c"));
    await clock.advance(29_000);
    const isOpen = Promise.race([failed.then(() => false), clock.turn().then(() => true)]);
    expect(await isOpen).toBe(true);
    await clock.advance(1_000);
    expect(await failed).toMatchObject(what.startsWith("a refusal") ? { status: 503 } : { status: 0, code: "network" });
  },
);

test("a call that was answered leaves no timer behind, and a stream has none of its own", async () => {
  const timers: number[] = [];
  const schedule = (_: () => void, ms: number) => {
    timers.push(ms);
    return () => void timers.pop();
  };
  const stream = () => new Response(": \n\n", { headers: { "Content-Type": "text/event-stream" } });
  const calls = createApi(() => Promise.resolve(stream()), schedule);
  await failureOf(calls.readSession());
  await calls.attach("c", "g", undefined, signal);
  await calls.deleteConversation("c");
  expect(timers).toEqual([]);
});

test("a body says its type; a call without a body has none", async () => {
  const { api, asked } = answering(new Response(": \n\n", { headers: { "Content-Type": "text/event-stream" } }));
  await api.send("c", { id: "i", text: "t" }, signal);
  await failureOf(api.stop("c", "g"));
  expect(new Headers(asked[0]?.init?.headers).get("Content-Type")).toBe("application/json");
  expect(new Headers(asked[0]?.init?.headers).get("Accept")).toBe("text/event-stream");
  expect(asked[1]?.init).toEqual({ method: "POST", signal: expect.any(AbortSignal) });
});

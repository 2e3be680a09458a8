import { expect, test } from "vitest";
import type { Isolate, LlmEvent } from "./provider.ts";
import { readStream } from "./read-stream.ts";

const idle: Isolate = { load: () => ({ live: 0, readMs: 0 }), noteRead: () => undefined };
const encoder = new TextEncoder();
const chunk = (delta: unknown, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

/** A body of the given chunks, and then a clean end, an error, or silence. */
function bodyOf(
  chunks: (string | Uint8Array)[],
  then: "end" | "error" | "silence" = "end",
): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const write = async () => {
    for (const chunk of chunks) {
      const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk;
      if (bytes.length > 0) await writer.write(bytes);
    }
    if (then === "end") await writer.close();
    if (then === "error") await writer.abort(new TypeError("the line broke"));
  };
  // The reader may leave before all is written.
  write().catch(() => undefined);
  return readable;
}

/** A body whose chunks come one by one. */
function pacedBody(chunks: string[], everyMs: number, then: "end" | "error" | "silence"): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const write = async () => {
    for (const chunk of chunks) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      await writer.write(encoder.encode(chunk));
    }
    if (then === "end") await writer.close();
    if (then === "error") await writer.abort(new TypeError("the line broke"));
  };
  // The reader may leave before all is written.
  write().catch(() => undefined);
  return readable;
}

/** All events, with one `broken` in place of a throw, and the answer's text joined. */
async function collect(body: ReadableStream<Uint8Array>, isolate = idle) {
  const events: (LlmEvent | { type: "broken" })[] = [];
  try {
    for await (const batch of readStream(body, isolate, () => Date.now())) events.push(...batch);
  } catch {
    events.push({ type: "broken" });
  }
  const textOf = (kind: string) =>
    events.map((event) => (event.type === "text" && event.kind === kind ? event.text : "")).join("");
  const types = events.map((event) => event.type);
  return { events, types, text: textOf("answer"), reasoning: textOf("reasoning") };
}

const WORDS = ["Hé", "llo ", "😀", "👩‍👩‍👧", " 漢字\r\n", "```js\n", "z̃\u2028", "."];
const whole =
  chunk({ role: "assistant", content: "" }) +
  WORDS.map((content) => chunk({ content })).join("") +
  chunk({}, "stop") +
  'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":8}}\n\n' +
  "data: [DONE]\n\n";
const bytes = encoder.encode(whole);
const TEXT = WORDS.join("");

test("a stream reads the same wherever it is split, inside characters too", async () => {
  for (let at = 0; at <= bytes.length; at++) {
    const { text, events } = await collect(bodyOf([bytes.slice(0, at), bytes.slice(at)]));
    expect(text).toBe(TEXT);
    expect(events.slice(-3)).toEqual([
      { type: "finishReason", reason: "stop" },
      { type: "usage", usage: { inputTokens: 3, outputTokens: 8 } },
      { type: "ended" },
    ]);
  }
});

test("a stream that comes byte by byte reads the same", async () => {
  const { text, types } = await collect(bodyOf([...bytes].map((byte) => Uint8Array.of(byte))));
  expect(text).toBe(TEXT);
  expect(types.at(-1)).toBe("ended");
});

test("a stream of many lines alike reads the same in reads of every size, with other lines among them", async () => {
  const words = Array.from({ length: 40 }, (_, index) => WORDS[index % WORDS.length] ?? "");
  const among = ["", ": comment\n\n", "event: x\ndata: {}\n\n", 'data: {"choices":\ndata: []}\n\n', "\n\n", "id: 1\n"];
  const lines = words.map((content, index) => (among[index % among.length] ?? "") + chunk({ content }));
  const thought = chunk({ reasoning_content: "Hm" });
  const long = encoder.encode(`${thought}${thought}${lines.join("")}${chunk({}, "stop")}data: [DONE]\n\n`);
  for (let size = 1; size <= 400; size += size < 100 ? 1 : 17) {
    const pieces = Array.from({ length: Math.ceil(long.length / size) }, (_, at) =>
      long.slice(at * size, (at + 1) * size),
    );
    const { text, reasoning, types } = await collect(bodyOf(pieces));
    expect([text, reasoning]).toEqual([words.join(""), "HmHm"]);
    expect(types.filter((type) => type !== "heard").slice(-2)).toEqual(["finishReason", "ended"]);
  }
});

test("cut at any byte, a stream says no finish_reason that it did not have, and its text is a prefix", async () => {
  const finishAt = encoder.encode(whole.slice(0, whole.indexOf('"stop"'))).length;
  for (const then of ["end", "error"] as const) {
    for (let at = 0; at < bytes.length; at++) {
      const { text, types } = await collect(bodyOf([bytes.slice(0, at)], then));
      expect(TEXT.startsWith(text)).toBe(true);
      if (at <= finishAt) expect(types).not.toContain("finishReason");
      expect(types.at(-1)).toBe(then === "end" ? "ended" : "broken");
    }
  }
}, 60_000);

test("after [DONE] nothing is waited for, and nothing counts", async () => {
  const { types, text } = await collect(bodyOf([whole, chunk({ content: "late" })], "silence"));
  expect(types.at(-1)).toBe("ended");
  expect(text).toBe(TEXT);
  const sameRead = await collect(bodyOf([whole + chunk({ content: "late" })], "silence"));
  expect(sameRead.text).toBe(TEXT);
});

test("after [DONE] the line is read out, and closed from here when it stays open", async () => {
  const closings: string[] = [];
  for (const staysOpen of [false, true]) {
    const body = new ReadableStream({
      type: "bytes",
      start(controller) {
        controller.enqueue(encoder.encode(whole));
        if (!staysOpen) setTimeout(() => controller.close(), 20);
      },
      cancel: () => void closings.push("cancelled"),
    });
    const { types } = await collect(body);
    expect(types.at(-1)).toBe("ended");
    expect(closings).toEqual(staysOpen ? ["cancelled"] : []);
  }
});

test("reasoning comes under either of its names, apart from the answer", async () => {
  const { text, reasoning } = await collect(
    bodyOf([chunk({ reasoning_content: "hm" }), chunk({ reasoning: "m" }), chunk({ content: "yes" })]),
  );
  expect([reasoning, text]).toEqual(["hmm", "yes"]);
});

test("what one read brought is one batch, with its text joined", async () => {
  const batches: LlmEvent[][] = [];
  const body = bodyOf([
    chunk({ content: "a" }) + chunk({ content: "b" }) + chunk({ content: "c" }),
    chunk({ content: "d" }),
  ]);
  for await (const batch of readStream(body, idle, () => Date.now())) batches.push(batch);
  expect(batches).toEqual([
    [{ type: "text", kind: "answer", text: "abc" }],
    [{ type: "text", kind: "answer", text: "d" }],
    [{ type: "ended" }],
  ]);
});

test("an error inside the stream fails it, with the text before it kept", async () => {
  const { events, text } = await collect(
    bodyOf([chunk({ content: "so far" }), 'data: {"error":{"message":"overloaded"}}\n\n', whole]),
  );
  expect(text).toBe("so far");
  expect(events.at(-1)).toEqual({ type: "failed", code: "provider_error", retryable: true });
});

test("comments, unknown fields and chunks of no known kind are passed over; data that is no JSON is not", async () => {
  const odd = ': OPENROUTER PROCESSING\n\nfoo: bar\nnonsense\n\nevent: ping\ndata: {}\n\ndata: {"choices":[]}\n\n';
  expect((await collect(bodyOf([odd, whole]))).text).toBe(TEXT);
  const broken = await collect(bodyOf([chunk({ content: "a" }), "data: {nope\n\n", whole]));
  expect(broken.text).toBe("a");
  expect(broken.events.at(-1)).toMatchObject({ type: "failed", code: "provider_bad_response" });
});

test("a line without end fails the stream before it fills the isolate", async () => {
  let fed = 0;
  const { readable: endless, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const feed = async () => {
    await writer.write(encoder.encode('data: {"a":"'));
    for (; fed < 8 * 1_048_576; fed += 65_536) await writer.write(encoder.encode("x".repeat(65_536)));
  };
  feed().catch(() => undefined);
  const { events } = await collect(endless);
  expect(events.at(-1)).toMatchObject({ type: "failed", code: "provider_bad_response" });
  expect(fed).toBeLessThan(3 * 1_048_576);
});

test("of several choices the first is the answer, and content in parts is joined", async () => {
  const second = 'data: {"choices":[{"index":1,"delta":{"content":"WRONG"}}]}\n\n';
  const parts =
    'data: {"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"ri"},{"type":"text","text":"ght"}]}}]}\n\n';
  expect((await collect(bodyOf([second, parts]))).text).toBe("right");
});

test("a read that brings no word is a sign of life", async () => {
  const { types } = await collect(bodyOf([": keep-alive\n\n", chunk({ role: "assistant", content: "" }), whole]));
  expect(types.slice(0, 2)).toEqual(["heard", "heard"]);
});

test("usage beyond what a database holds is bounded, and a finish_reason is storable", async () => {
  const { events } = await collect(
    bodyOf([
      chunk({}, "st\0p\ud800"),
      'data: {"choices":[],"usage":{"prompt_tokens":1e15,"completion_tokens":-4}}\n\n',
    ]),
  );
  expect(events[0]).toEqual({ type: "finishReason", reason: "st\ufffdp\ufffd" });
  expect(events[1]).toEqual({ type: "usage", usage: { inputTokens: 2 ** 31 - 1, outputTokens: 0 } });
});

const busy: Isolate = { load: () => ({ live: 500, readMs: 20 }), noteRead: () => undefined };

test("a busy isolate waits for a moment's worth of tokens, and loses none of them", async () => {
  const TOKENS = 100;
  const words = Array.from({ length: TOKENS }, (_, at) => (at % 10 === 0 ? "👩‍👩‍👧 " : `word${at} `));
  const pieces = words.map((content) => chunk({ content }));
  const ending = [chunk({}, "stop"), "data: [DONE]\n\n"];
  const { text, types } = await collect(pacedBody([...pieces, ...ending], 5, "end"), busy);
  expect(text).toBe(words.join(""));
  expect(types.slice(-2)).toEqual(["finishReason", "ended"]);
  expect(types.length).toBeLessThan(TOKENS);
  // A line that breaks takes with it what was waited for: a prefix is left, and no end that was not seen.
  const broken = await collect(pacedBody(pieces, 5, "error"), busy);
  expect(words.join("").startsWith(broken.text)).toBe(true);
  expect(broken.types.at(-1)).toBe("broken");
});

test("after each read the isolate is told how long it took", async () => {
  const told: number[] = [];
  const listening: Isolate = { ...idle, noteRead: ({ lastMs }) => void told.push(lastMs) };
  await collect(pacedBody([chunk({ content: "a" }), chunk({ content: "b" }), whole], 20, "end"), listening);
  expect(told[0]).toBe(0); // The first of an answer was the model's own time.
  expect(told[1]).toBeGreaterThan(0);
});

test("a busy isolate sees [DONE] on a line that stays open, once the model has said why it ends", async () => {
  const words = Array.from({ length: 60 }, (_, at) => chunk({ content: `${at} ` }));
  // More than is ever waited for here comes in one piece with the reason, so that what follows is looked at by itself.
  const ending = [chunk({ content: "x".repeat(8_000) }) + chunk({}, "stop"), "data: [DONE]\n\n"];
  const { types, text } = await collect(pacedBody([...words, ...ending], 5, "silence"), busy);
  expect(types.at(-1)).toBe("ended");
  expect(text.endsWith("x")).toBe(true);
});

import { expect, test } from "vitest";
import { formatFrame, HEARTBEAT_FRAME } from "../../protocol/sse.ts";
import type { StreamEvent } from "../../protocol/events.ts";
import { hasText, lastCursor, mayHoldText, readAnswer } from "./format.ts";

const GENERATION = "0193c0de-0000-7000-8000-000000000000";
const start: StreamEvent = {
  event: "start",
  data: { generationId: GENERATION, messageId: "m", userMessageId: "u", attempt: 1, model: "x", cached: false },
};
const delta = (offset: number, text: string) =>
  formatFrame({ event: "delta", data: { offset, part: 0, text } }, `${GENERATION}.1.${offset + text.length}`);
const end = (length: number) => formatFrame({ event: "end", data: { state: "complete", length } });

const chunk = (content: string, reason: string | null = null) =>
  `data: {"choices":[{"index":0,"delta":{"content":${JSON.stringify(content)}},"finish_reason":${JSON.stringify(reason)}}]}\n\n`;
const done = "data: [DONE]\n\n";

test("the model's first chunk, which says nothing yet, is not its first token", () => {
  expect(hasText("openai", chunk(""))).toBe(false);
  expect(hasText("openai", chunk("") + chunk("Hi"))).toBe(true);
});

test("Brink's start is not its first token, and its first delta is", () => {
  expect(hasText("brink", formatFrame(start))).toBe(false);
  expect(hasText("brink", formatFrame(start) + delta(0, "Hi"))).toBe(true);
});

test("a chunk that ends an answer, or is a sign of life, holds no text", () => {
  expect(mayHoldText("openai", Buffer.from(chunk("Hi")))).toBe(true);
  expect(mayHoldText("openai", Buffer.from(done))).toBe(false);
  expect(mayHoldText("brink", Buffer.from(delta(0, "Hi")))).toBe(true);
  expect(mayHoldText("brink", Buffer.from(HEARTBEAT_FRAME + end(2)))).toBe(false);
});

test("a whole answer is read from either line", () => {
  const openai = chunk("") + chunk("Hi") + chunk(" there") + chunk("", "stop") + done;
  expect(readAnswer("openai", [openai])).toMatchObject({ text: "Hi there", failure: null });
  const brink = formatFrame(start) + delta(0, "Hi") + delta(2, " there") + end(8);
  expect(readAnswer("brink", [brink])).toMatchObject({ text: "Hi there", failure: null });
});

test.for([
  ["no [DONE]", "openai", [chunk("Hi") + chunk("", "stop")]],
  ["no finish_reason", "openai", [chunk("Hi") + done]],
  ["no end", "brink", [formatFrame(start) + delta(0, "Hi")]],
  ["an end cut in the middle", "brink", [formatFrame(start) + delta(0, "Hi") + end(2).trimEnd()]],
  ["a lost frame", "brink", [formatFrame(start) + delta(2, "there") + end(7)]],
  ["a lost last frame", "brink", [formatFrame(start) + delta(0, "Hi") + end(8)]],
  ["something after the end", "brink", [formatFrame(start) + delta(0, "Hi") + end(2) + delta(2, "!")]],
] as const)("%s is a failure", ([, format, bodies]) => {
  expect(readAnswer(format, bodies).failure).not.toBeNull();
});

test("an answer that was cut in the middle of a frame is whole with what a second line brought", () => {
  const first = formatFrame(start) + delta(0, "Hi") + delta(2, " there").slice(0, -9);
  expect(lastCursor(first)).toBe(`${GENERATION}.1.2`);
  const second = formatFrame(start) + delta(2, " there") + end(8);
  expect(readAnswer("brink", [first, second])).toMatchObject({ text: "Hi there", failure: null });
});

test("a body without a whole frame has no cursor", () => {
  expect(lastCursor(`id: ${GENERATION}.1.2\nevent: del`)).toBeUndefined();
});

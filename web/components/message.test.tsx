import { signal } from "@preact/signals";
import { render } from "preact";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Message } from "../../protocol/api.ts";
import { loadFormatter } from "../markdown/markdown.tsx";
import type { Answer, AnswerView } from "../state/answer.ts";
import { MessageView } from "./message.tsx";

const root = document.createElement("div");
beforeAll(loadFormatter);
afterEach(() => render(null, root));

const answer: Message = {
  id: "a",
  parentId: "q",
  seq: 2,
  role: "assistant",
  text: "It is *so*.",
  state: "complete",
  model: "first",
  generationId: "g",
  createdAt: "",
};

function draw(message: Message, growing: Answer | null = null, onAskAgain: (() => void) | null = null) {
  render(<MessageView message={message} answer={growing} onAskAgain={onAskAgain} />, root);
  return root;
}

function growing(view: Partial<AnswerView>): Answer {
  const whole = { text: "", thinking: "", queue: null, isWaiting: false, ...view };
  return { generationId: "g", view: signal(whole), hasStarted: true, nudge: () => {}, leave: () => {} };
}

test("a person's words stand as they were written: no formatting, no HTML", () => {
  const text = "*not em* <b>x</b>\n  indented";
  const drawn = draw({ ...answer, role: "user", text });
  expect(drawn.querySelector(".bubble")?.textContent).toBe(text);
  expect(drawn.querySelector("em, b")).toBe(null);
});

test("a finished answer is formatted, can be copied, and says its model", () => {
  const drawn = draw({ ...answer, usage: { inputTokens: 3, outputTokens: 1_234 } });
  expect(drawn.querySelector("em")?.textContent).toBe("so");
  expect(drawn.querySelector('[aria-label="Copy answer"]')).not.toBe(null);
  expect(drawn.querySelector(".message-facts")?.textContent).toMatch(/^first · 1.?234 tokens$/);
  expect(drawn.querySelector(".ending")).toBe(null);
});

test.for([
  [{ state: "stopped" }, "Stopped here."],
  [{ state: "stopped", text: "" }, "Stopped before the first word."],
  [{ state: "interrupted" }, "This answer was interrupted; what had been said is kept."],
  [{ state: "interrupted", error: { code: "crashed", detail: "The server's words." } }, "The server's words."],
  [{ state: "failed", text: "", error: { code: "provider_error", detail: "It failed." } }, "It failed."],
  [{ state: "failed", text: "" }, "No answer came."],
  [{ state: "complete", finishReason: "length" }, "The answer reached the longest length that the model gives."],
] as const)("an answer that ended as %j says so", ([ending, words]) => {
  expect(draw({ ...answer, ...ending }).querySelector(".ending span")?.textContent).toBe(words);
});

test("asking again is offered where an answer did not work out, and only there", () => {
  let asked = 0;
  const button = (message: Message, ask: (() => void) | null) =>
    draw(message, null, ask).querySelector<HTMLButtonElement>(".ending button");
  expect(button({ ...answer, state: "failed" }, null)).toBe(null);
  expect(button({ ...answer, finishReason: "length" }, () => {})).toBe(null);
  button({ ...answer, state: "interrupted" }, () => (asked += 1))?.click();
  expect(asked).toBe(1);
});

test("thoughts are folded away once the answer is there", () => {
  const parts = [
    { op: { type: "part" as const, part: 1, kind: "reasoning" } },
    { part: 1, text: "hm" },
    { part: 0, text: "yes" },
  ];
  const done = draw({ ...answer, text: "yes", parts }).querySelector("details");
  expect([done?.open, done?.querySelector("div")?.textContent]).toEqual([false, "hm"]);
  expect(draw(answer, growing({ thinking: "hm" })).querySelector("details")?.open).toBe(true);
  expect(draw(answer, growing({ thinking: "hm", text: "y" })).querySelector("details")?.open).toBe(false);
});

test("a growing answer shows what has come, and says what is late", () => {
  expect(draw(answer, growing({ text: "so *far*" })).querySelector("em")?.textContent).toBe("far");
  expect(root.querySelector("article")?.getAttribute("aria-busy")).toBe("true");
  expect(draw(answer, growing({ queue: 3 })).textContent).toContain("3 ahead of you");
  expect(draw(answer, growing({ text: "so", isWaiting: true })).textContent).toContain("The line dropped.");
});

test("an answer that nobody follows yet still says that it is being written", () => {
  const drawn = draw({ ...answer, state: "streaming" });
  expect(drawn.querySelector(".progress")).not.toBe(null);
  expect(drawn.querySelector(".ending")).toBe(null);
});

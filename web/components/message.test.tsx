import { signal } from "@preact/signals";
import { render } from "preact";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Message } from "../../protocol/api.ts";
import { loadFormatter } from "../markdown/markdown.tsx";
import type { Answer, AnswerView } from "../state/answer.ts";
import { CONVERSATION, createBrowser, openTab } from "../testing/test-app.ts";
import { type MessageProps, MessageView } from "./message.tsx";
import { AppContext } from "./use-app.ts";

const root = document.createElement("div");
document.body.append(root);
beforeAll(loadFormatter);
afterEach(() => render(null, root));

/** A conversation on a server, for what is done with a message. */
const browser = createBrowser();
const { server } = browser;
server.seed(CONVERSATION, ["Why?", "It is so."]);
const tab = openTab(browser, `/c/${CONVERSATION}`);
beforeAll(() => tab.settle());

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

function draw(message: Message, answer: Answer | null = null, more: Partial<MessageProps> = {}) {
  return drawIn(root, message, answer, more);
}

function drawIn(
  place: HTMLElement,
  message: Message,
  answer: Answer | null = null,
  more: Partial<MessageProps> = {},
): HTMLElement {
  const conversation = tab.app.open.value;
  const rest = { version: null, isLast: true, isEditing: false, onSwitch: () => {}, ...more };
  render(
    <AppContext.Provider value={tab.app}>
      <MessageView conversation={conversation} message={message} answer={answer} {...rest} />
    </AppContext.Provider>,
    place,
  );
  return place;
}

const button = (label: string) => root.querySelector<HTMLButtonElement>(`[aria-label="${label}"]`);

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
  [{ state: "complete", text: "" }, "The model said nothing."],
] as const)("an answer that ended as %j says so", ([ending, words]) => {
  expect(draw({ ...answer, ...ending }).querySelector(".ending span")?.textContent).toBe(words);
});

test.for([
  [{ state: "stopped" }, "Continue"],
  [{ state: "interrupted" }, "Continue"],
  [{ state: "failed" }, "Continue"],
  [{ state: "failed", text: "" }, "Try again"],
  [{ state: "stopped", text: "" }, "Try again"],
  [{ finishReason: "length" }, "Continue"],
  [{ finishReason: "content_filter" }, undefined],
  [{ state: "stopped", error: { code: "answer_too_long", detail: "Too long." } }, undefined],
] as const)("an answer that ended as %j offers %s, at the end of its branch only", ([ending, words]) => {
  const offered = () => root.querySelector(".ending button")?.textContent;
  draw({ ...answer, ...ending });
  expect(offered()).toBe(words);
  draw({ ...answer, ...ending }, null, { isLast: false });
  expect(offered()).toBe(undefined);
});

test("another answer is asked for from under any answer, unless one is being written", async () => {
  const [, held] = tab.app.open.value.branching.branch.value;
  if (held === undefined) expect.fail("no answer");
  draw(held, null, { isLast: false });
  button("Regenerate")?.click();
  await tab.settle();
  expect(server.live(CONVERSATION)?.question.text).toBe("Why?");
  expect(button("Regenerate")?.disabled).toBe(true);
  server.end(CONVERSATION);
  await tab.settle();
  expect(button("Regenerate")?.disabled).toBe(false);
});

test("a fork is made from under any answer that has ended, and its button waits for one that is on its way", async () => {
  const [, held] = tab.app.open.value.branching.branch.value;
  if (held === undefined) expect.fail("no answer");
  draw(held, growing({ text: "It is" }));
  expect(button("Fork from here")).toBe(null);
  draw(held, null, { isLast: false });
  const release = server.hold(/POST .*forks/);
  for (let press = 0; press < 2; press++) {
    button("Fork from here")?.click();
    await tab.settle();
  }
  expect(button("Fork from here")?.getAttribute("aria-disabled")).toBe("true");
  expect(server.requests.filter(({ path }) => path.endsWith("/forks"))).toHaveLength(1);
  release();
  await tab.settle();
  expect(button("Fork from here")?.getAttribute("aria-disabled")).toBe("false");
  expect(tab.app.open.value.id).not.toBe(CONVERSATION);
  tab.app.router.go(CONVERSATION);
  await tab.settle();
});

test("versions are counted, and stepped through as far as they go", () => {
  const steps: number[] = [];
  const onSwitch = (_message: Message, step: number) => void steps.push(step);
  const step = (label: string) => button(`${label} version`)?.click();
  draw(answer, null, { version: { number: 2, count: 3, isPartial: false }, onSwitch });
  expect(root.querySelector(".versions-count")?.textContent).toBe("Version 2 of 32/3");
  step("Previous");
  step("Next");
  expect(steps).toEqual([-1, 1]);
  draw(answer, null, { version: { number: 3, count: 3, isPartial: false }, onSwitch });
  step("Next");
  draw({ ...answer, role: "user" }, null, { version: { number: 1, count: 3, isPartial: false }, onSwitch });
  step("Previous");
  expect(steps).toEqual([-1, 1]);
  draw(answer, null, { version: { number: 1, count: 1, isPartial: true }, onSwitch });
  step("Previous");
  expect(steps).toEqual([-1, 1, -1]);
});

test("a button that was pressed is still the same one when another version has taken its place", () => {
  draw(answer, null, { version: { number: 2, count: 2, isPartial: false } });
  const pressed = button("Previous version");
  draw({ ...answer, id: "b", text: "Or *so*." }, null, { version: { number: 1, count: 2, isPartial: false } });
  expect(button("Previous version")).toBe(pressed);
  expect(root.querySelector("em")?.textContent).toBe("so");
});

test("what has been drawn is not drawn again when an answer that was growing has ended", () => {
  const text = "first\n\nsecond\n\nthird";
  draw({ ...answer, text: "", state: "streaming" }, growing({ text }));
  const [first] = root.querySelectorAll("p");
  draw({ ...answer, text });
  expect(root.querySelector("p")).toBe(first);
});

/** One's own message, as the field in which it is being changed. */
async function drawField() {
  const [question] = tab.app.open.value.branching.branch.value;
  if (question === undefined) expect.fail("no question");
  draw(question);
  button("Edit message")?.click();
  draw(question, null, { isEditing: true });
  const field = root.querySelector("textarea");
  if (field === null) expect.fail("no field");
  const press = async (key: string, init: KeyboardEventInit & { keyCode?: number } = {}) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
    if (init.keyCode !== undefined) Object.defineProperty(event, "keyCode", { value: init.keyCode });
    field.dispatchEvent(event);
    await tab.settle();
  };
  const type = async (text: string) => {
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await tab.settle();
  };
  return { question, field, press, type };
}

test("one's own message is changed in its place, and Enter sends it", async () => {
  const { question, field, press, type } = await drawField();
  expect([document.activeElement, field.value]).toEqual([field, "Why?"]);
  await press("Enter", { shiftKey: true });
  await press("Enter", { isComposing: true });
  await type("Why not?");
  expect(server.live(CONVERSATION)).toBe(undefined);
  await press("Enter");
  expect(server.live(CONVERSATION)?.question).toMatchObject({ text: "Why not?", parentId: question.parentId });
  expect(root.querySelector<HTMLButtonElement>("[type=submit]")?.disabled).toBe(true);
  server.end(CONVERSATION);
  await tab.settle();
});

test("Escape leaves a message as it was, and the keyboard where it came from", async () => {
  const { question, press } = await drawField();
  await press("Escape", { isComposing: true });
  await press("Escape");
  expect(tab.app.open.value.editing.messageId.value).toBe(null);
  draw(question);
  await tab.settle();
  expect(document.activeElement).toBe(button("Edit message"));
});

test("words that were changed are not lost to one Escape, nor to one that belongs to a composition", async () => {
  const { press, type } = await drawField();
  const { editing } = tab.app.open.value;
  const warning = () => root.querySelector(".edit-leaving")?.textContent;
  await type("Something else");
  await press("Escape", { keyCode: 229 });
  expect(warning()).toBe("");
  await press("Escape");
  expect([editing.composer.text.value, warning()]).toEqual(["Something else", "Escape once more discards the change."]);
  await type("Something else again");
  expect(warning()).toBe("");
  await press("Escape");
  expect(editing.messageId.value).not.toBe(null);
  await press("Escape");
  expect(editing.messageId.value).toBe(null);
});

test("the pencil of another message goes to the change that is open, or says that there is one", async () => {
  const { question, field, type } = await drawField();
  const { editing } = tab.app.open.value;
  const said = () => tab.app.notices.shown.value.map(({ words }) => words).join();
  await type("Something else");
  const other = document.createElement("div");
  document.body.append(other);
  const press = () => other.querySelector<HTMLElement>('[aria-label="Edit message"]')?.click();
  field.blur();
  drawIn(other, { ...question, id: "other" });
  press();
  expect([document.activeElement, editing.messageId.value, said()]).toEqual([field, question.id, ""]);
  render(null, root);
  press();
  expect(said()).toContain("Another change comes first");
  editing.cancel();
  render(null, other);
  other.remove();
});

test("a change that is too long or empty is not sent, and the field says why", async () => {
  const { press, type } = await drawField();
  await type("x".repeat(1_001));
  const count = root.querySelector(".edit-count[role=status]");
  expect(count?.textContent).toBe("1 too many");
  expect(root.querySelector("textarea")?.getAttribute("aria-describedby")).toBe(count?.id);
  await press("Enter");
  await type("  ");
  await press("Enter");
  expect(server.live(CONVERSATION)).toBe(undefined);
  await press("Escape");
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

test("an answer that was asked for and has not begun says that it is on its way, not that a line dropped", () => {
  const asked = Object.assign(growing({ isWaiting: true }), { hasStarted: false });
  expect(draw(answer, asked).textContent).toContain("Brink cannot be reached; trying again.");
});

test("an answer that nobody follows yet still says that it is being written", () => {
  const drawn = draw({ ...answer, state: "streaming" });
  expect(drawn.querySelector(".progress")).not.toBe(null);
  expect(drawn.querySelector(".ending")).toBe(null);
});

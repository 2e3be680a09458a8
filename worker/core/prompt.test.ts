import { expect, test } from "vitest";
import {
  buildMessages,
  CONTINUE_PROMPT,
  MAX_PROMPT_MESSAGES,
  promptLength,
  type PromptMessage,
  titleOf,
} from "./prompt.ts";

const turn = (count: number, length = 10): PromptMessage[] =>
  Array.from({ length: count }, (_, index) => ({
    role: index % 2 === 0 ? "user" : "assistant",
    content: `${index} `.padEnd(length, "x"),
  }));

test("a branch that fits goes whole, after the system prompt", () => {
  const branch = turn(5);
  expect(buildMessages("be kind", branch, [], 10_000)).toEqual([{ role: "system", content: "be kind" }, ...branch]);
  expect(buildMessages(null, branch, [], 10_000)).toEqual(branch);
});

test("a branch that is too long is cut from the tail, keeps the system prompt, and begins with the user", () => {
  const branch = turn(51, 100);
  const messages = buildMessages("be kind", branch, [], 400);
  expect(messages[0]).toEqual({ role: "system", content: "be kind" });
  expect(messages[1]?.role).toBe("user");
  expect(messages.at(-1)).toEqual(branch.at(-1));
  expect(messages.length).toBeGreaterThan(3);
  expect(messages.map(({ content }) => content).join("").length).toBeLessThanOrEqual(400 * 3);
});

test("the message that is answered always goes, however long it is", () => {
  const [message] = turn(1, 5_000);
  expect(buildMessages(null, message === undefined ? [] : [message], [], 100)).toEqual([message]);
});

test("no more of the branch is sent than is read for every send (promise 16)", () => {
  expect(buildMessages(null, turn(501), [], 10_000_000).length).toBeLessThanOrEqual(MAX_PROMPT_MESSAGES);
});

const goOn = (length: number): PromptMessage[] => [
  { role: "assistant", content: `${"a".repeat(length - 3)}end` },
  { role: "user", content: CONTINUE_PROMPT },
];

test("an answer that goes on takes its own end and its question along, however long they are", () => {
  const question: PromptMessage = { role: "user", content: `Why${"?".repeat(9_997)}` };
  for (const [asked, said] of [
    [10_000, 10_000],
    [10, 100_000],
    [10_000, 10],
  ] as const) {
    const branch = [...turn(4, 1_000), { ...question, content: question.content.slice(0, asked) }];
    const messages = buildMessages("be kind", branch, goOn(said), 5_000);
    expect(messages.slice(-3).map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(messages.at(-3)?.content).toMatch(/^Why/);
    expect(messages.at(-2)?.content).toMatch(/end$/);
    expect(messages.at(-1)?.content).toBe(CONTINUE_PROMPT);
    expect(messages[1]?.role).toBe("user");
    expect(messages.map(({ content }) => content).join("").length).toBeLessThanOrEqual(promptLength(5_000));
  }
});

test("an answer that goes on and fits is sent whole, after as much of the branch as fits", () => {
  const branch = turn(3);
  expect(buildMessages(null, branch, goOn(50), 10_000)).toEqual([...branch, ...goOn(50)]);
});

test("an answer that said nothing is left out", () => {
  const branch: PromptMessage[] = [...turn(1), { role: "assistant", content: "" }, ...turn(1)];
  expect(buildMessages(null, branch, [], 10_000)).toHaveLength(2);
});

test("a title is the first line, cut at a word and never inside a pair", () => {
  expect(titleOf("  Hello,\tworld \nmore")).toBe("Hello, world");
  expect(titleOf(`${"word ".repeat(30)}`)).toMatch(/^(word ){10,11}word…$/);
  expect(titleOf("😀".repeat(100)).isWellFormed()).toBe(true);
  expect(titleOf(`a${"😀".repeat(100)}`)).not.toContain("\ufffd");
});

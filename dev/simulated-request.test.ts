import { expect, test } from "vitest";
import { parseChatRequest, readPrompt } from "./simulated-request.ts";

const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });

function parse(body: unknown) {
  return parseChatRequest(JSON.stringify(body));
}

test("a request is read with its defaults", () => {
  const parsed = parse({ model: "brink-simulated", messages: [{ role: "system", content: "Be kind." }, user("Hi")] });
  expect(parsed).toMatchObject({
    ok: true,
    request: {
      stream: false,
      includeUsage: false,
      maxTokens: Number.POSITIVE_INFINITY,
      messages: 2,
      prompt: { userText: "Hi" },
    },
  });
});

test("content may come in parts", () => {
  const content = [
    { type: "text", text: "Look: " },
    { type: "image_url", image_url: { url: "x" } },
    { type: "text", text: "a fish" },
  ];
  expect(parse({ model: "brink-simulated", messages: [{ role: "user", content }] })).toMatchObject({
    request: { prompt: { userText: "Look: a fish" } },
  });
});

test("unknown fields, and null where OpenAI allows it, are accepted", () => {
  const body = {
    model: "brink-simulated",
    messages: [user("Hi")],
    temperature: 1,
    stream: null,
    max_tokens: null,
    stream_options: null,
  };
  expect(parse(body)).toMatchObject({ ok: true });
});

test.each([
  ["{", 400, null, null],
  ["[]", 400, "model", "missing_required_parameter"],
  ["null", 400, null, null],
  ['{"messages":[]}', 400, "model", "missing_required_parameter"],
  ['{"model":"brink-simulated"}', 400, "messages", "missing_required_parameter"],
  ['{"model":"brink-simulated","messages":[]}', 400, "messages", "invalid_value"],
  ['{"model":"brink-simulated","messages":[{"content":"x"}]}', 400, "messages.0.role", "invalid_value"],
  ['{"model":"brink-simulated","messages":[{"role":"user","content":5}]}', 400, "messages.0.content", "invalid_value"],
  [
    '{"model":"brink-simulated","messages":[{"role":"user","content":"x"}],"stream":"yes"}',
    400,
    "stream",
    "invalid_value",
  ],
  ['{"model":"gpt-9","messages":[{"role":"user","content":"x"}]}', 404, "model", "model_not_found"],
  ['{"model":"brink-simulated:pace=1","messages":[{"role":"user","content":"x"}]}', 400, "model", "bad_scenario"],
])("%s is refused in OpenAI's shape", (text, status, param, code) => {
  const parsed = parseChatRequest(text);
  expect(parsed).toMatchObject({ ok: false, status, body: { error: { type: "invalid_request_error", param, code } } });
});

test("the last user message counts, and an answer after it is one to go on from", () => {
  expect(readPrompt([user("a"), assistant("b"), user("c")])).toEqual({ userText: "c" });
  expect(readPrompt([user("a"), assistant("b")])).toEqual({ userText: "a", answerSoFar: "b" });
  expect(readPrompt([user("a"), assistant("b"), user("Continue exactly where you stopped.")])).toEqual({
    userText: "a",
    answerSoFar: "b",
  });
  expect(readPrompt([user("continue")])).toEqual({ userText: "continue" });
  expect(readPrompt([{ role: "system", content: "x" }])).toEqual({ userText: "" });
});

import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectedText } from "../../dev/simulated-text.ts";
import { formatFrame } from "../../protocol/sse.ts";
import type { StreamRequest } from "./job.ts";
import { judge } from "./judge.ts";

const GENERATION = "0193c0de-0000-7000-8000-000000000000";
const model = "brink-simulated:tokens=5,seed=7";
const usage = { inputTokens: 3, outputTokens: 9 };
const answer = (text: string) => ({
  sentAt: 0,
  firstAt: 1,
  endedAt: 2,
  moments: [1, 21, 46],
  failure: null,
  bodies: [
    formatFrame({
      event: "start",
      data: { generationId: GENERATION, messageId: "m", userMessageId: "u", attempt: 1, model: "x", cached: false },
    }) +
      formatFrame({ event: "delta", data: { offset: 0, part: 0, text } }, `${GENERATION}.1.${text.length}`) +
      formatFrame({ event: "end", data: { state: "complete", length: text.length, usage } }),
  ],
});
const asked: StreamRequest = { method: "POST", url: "", headers: { Cookie: "who=me" }, format: "brink", model };

// A conversation as its snapshot tells it, to its owner alone.
const server = createServer((request, response) => {
  const messages = [
    { role: "user", text: "Hello", generationId: GENERATION },
    { role: "assistant", text: "What is stored.", generationId: GENERATION },
  ];
  const isOwner = request.headers.cookie === "who=me";
  response.writeHead(isOwner ? 200 : 404).end(JSON.stringify(isOwner ? { messages } : { code: "not_found" }));
});
let storedAt = "";
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  storedAt = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("the simulated model's text is held against what it must be", async () => {
  expect(await judge(asked, answer(expectedText(model)))).toMatchObject({ failure: null, tokens: 5 });
  expect((await judge(asked, answer("What is stored."))).failure).toMatch(/^wrong text/);
});

test("gaps are from one moment in which text came to the next", async () => {
  expect(await judge(asked, answer(expectedText(model)))).toMatchObject({ gaps: [20, 25] });
});

test("a real model's text is held against the stored one, and its tokens are those of its usage", async () => {
  const real = { ...asked, storedAt };
  expect(await judge(real, answer("What is stored."))).toMatchObject({ failure: null, tokens: 9 });
  expect((await judge(real, answer("What was shown."))).failure).toMatch(/^wrong text/);
});

test("a text that cannot be found in the conversation is no exact one", async () => {
  const stranger = { ...asked, storedAt, headers: {} };
  expect((await judge(stranger, answer("What is stored."))).failure).not.toBeNull();
  const nowhere = { ...asked, storedAt: "http://127.0.0.1:1/" };
  expect((await judge(nowhere, answer("What is stored."))).failure).not.toBeNull();
});

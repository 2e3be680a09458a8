// The simulated model through the real `openai` client: what any application sees of it.
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { SIMULATED_NOTE } from "./simulated-answers.ts";
import {
  expectedReasoning,
  expectedText,
  SIMULATED_MODEL,
  startSimulatedLlm,
  type SimulatedLlm,
} from "./simulated-llm.ts";

let llm: SimulatedLlm;
let openai: OpenAI;

beforeAll(async () => {
  llm = await startSimulatedLlm();
  openai = new OpenAI({ baseURL: llm.url, apiKey: "any", maxRetries: 0 });
});

afterAll(() => llm.close());

const say = (content: string) => [{ role: "user" as const, content }];

async function collect(model: string, prompt: string, extra: { max_completion_tokens?: number } = {}) {
  const stream = await openai.chat.completions.create({
    model,
    messages: say(prompt),
    stream: true,
    stream_options: { include_usage: true },
    ...extra,
  });
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
  const finishes = chunks.flatMap((chunk) => chunk.choices[0]?.finish_reason ?? []);
  return { chunks, text, finishes, usage: chunks.at(-1)?.usage };
}

test("the list of models has the simulated one, and it can be asked for by name", async () => {
  const models = await openai.models.list();
  expect(models.data.map(({ id }) => id)).toEqual([SIMULATED_MODEL]);
  await expect(openai.models.retrieve(SIMULATED_MODEL)).resolves.toMatchObject({ object: "model", owned_by: "brink" });
  await expect(openai.models.retrieve("other")).rejects.toMatchObject({ status: 404 });
});

test("a stream is a role, the text token by token, one finish_reason and the usage", async () => {
  const model = "brink-simulated:first=0,rate=0,tokens=300,seed=4";
  const { chunks, text, finishes, usage } = await collect(model, "anything");
  expect(text).toBe(expectedText(model));
  expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
  expect(chunks).toHaveLength(1 + 300 + 1 + 1);
  expect(finishes).toEqual(["stop"]);
  expect(usage).toMatchObject({ completion_tokens: 300, prompt_tokens: 6, total_tokens: 306 });
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  expect(new Set(chunks.map((chunk) => chunk.model))).toEqual(new Set([model]));
});

test("without stream_options no chunk speaks of usage", async () => {
  const model = "brink-simulated:first=0,rate=0,tokens=5";
  const stream = await openai.chat.completions.create({ model, messages: say("x"), stream: true });
  for await (const chunk of stream) {
    expect(chunk).not.toHaveProperty("usage");
    expect(chunk.choices).toHaveLength(1);
  }
});

test("an answer to a person quotes them, says that it is simulated, and is what a checker expects", async () => {
  const model = "brink-simulated:first=0,rate=0";
  const { text } = await collect(model, "Rivers of Norway, in a table");
  expect(text).toBe(expectedText(model, "Rivers of Norway, in a table"));
  expect(text).toContain(SIMULATED_NOTE);
});

test("not streamed, the same text comes whole", async () => {
  const model = "brink-simulated:first=0,rate=0,tokens=120,seed=8,reasoning=5";
  const completion = await openai.chat.completions.create({ model, messages: say("x") });
  expect(completion.choices[0]?.message.content).toBe(expectedText(model));
  expect(completion.choices[0]?.message).toMatchObject({
    role: "assistant",
    reasoning_content: expectedReasoning(model),
  });
  expect(completion.choices[0]?.finish_reason).toBe("stop");
  expect(completion.usage).toMatchObject({
    completion_tokens: 125,
    completion_tokens_details: { reasoning_tokens: 5 },
  });
});

test("max_completion_tokens ends the answer with finish_reason length, streamed or not", async () => {
  const model = "brink-simulated:first=0,rate=0,tokens=50,seed=2";
  const { text, finishes, usage } = await collect(model, "x", { max_completion_tokens: 10 });
  expect(expectedText(model).startsWith(text)).toBe(true);
  expect(text.trim().split(/\s+/)).toHaveLength(10);
  expect(finishes).toEqual(["length"]);
  expect(usage).toMatchObject({ completion_tokens: 10 });
  const whole = await openai.chat.completions.create({ model, messages: say("x"), max_tokens: 10 });
  expect(whole.choices[0]).toMatchObject({ finish_reason: "length", message: { content: text } });
});

test("reasoning comes first, in a field of its own", async () => {
  const model = "brink-simulated:first=0,rate=0,tokens=20,seed=4,reasoning=15";
  const { chunks, text } = await collect(model, "x");
  const reasoning = chunks.map((chunk) => {
    const delta: object | undefined = chunk.choices[0]?.delta;
    return delta !== undefined && "reasoning_content" in delta ? String(delta.reasoning_content) : "";
  });
  expect(reasoning.join("")).toBe(expectedReasoning(model));
  expect(reasoning.slice(1, 16).every((piece) => piece !== "")).toBe(true);
  expect(text).toBe(expectedText(model));
});

describe.each(["unicode", "surrogates"])("text=%s", (kind) => {
  test.each([0, 900])("arrives whole at rate %i, however it was cut", async (rate) => {
    const model = `brink-simulated:first=0,rate=${rate},tokens=300,seed=21,text=${kind}`;
    const { text, finishes } = await collect(model, "x");
    expect(text).toBe(expectedText(model));
    expect(finishes).toEqual(["stop"]);
  });
});

test("mistakes are errors as OpenAI words them", async () => {
  const create = (model: string, messages = say("x")) => openai.chat.completions.create({ model, messages });
  await expect(create("gpt-9")).rejects.toMatchObject({ status: 404, code: "model_not_found", param: "model" });
  await expect(create("brink-simulated:speed=3")).rejects.toMatchObject({ status: 400, code: "bad_scenario" });
  await expect(create(SIMULATED_MODEL, [])).rejects.toMatchObject({ status: 400, param: "messages" });
  const lost = await fetch(`${llm.url}/embeddings`, { method: "POST", body: "{}" });
  expect([lost.status, await lost.json()]).toMatchObject([404, { error: { type: "invalid_request_error" } }]);
});

test("status faults reach the client as the errors they are", async () => {
  const create = (fault: string) =>
    openai.chat.completions.create({ model: `brink-simulated:fault=${fault}`, messages: say("x"), stream: true });
  await expect(create("status-503")).rejects.toBeInstanceOf(OpenAI.InternalServerError);
  await expect(create("status-401")).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  const limited = await create("status-429").catch((error: unknown) => error);
  if (!(limited instanceof OpenAI.RateLimitError)) throw limited;
  expect(limited.headers.get("retry-after")).toBe("1");
  expect(limited.code).toBe("rate_limit_exceeded");
});

test("an error inside the stream reaches the client after the tokens before it", async () => {
  const stream = await openai.chat.completions.create({
    model: "brink-simulated:first=0,rate=0,tokens=9,fault=error@4",
    messages: say("x"),
    stream: true,
  });
  let text = "";
  const reading = (async () => {
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
  })();
  await expect(reading).rejects.toMatchObject({ code: "simulated_error" });
  expect(text).toBe(expectedText("brink-simulated:tokens=9,fault=error@4"));
});

test("with times=1 the fault strikes once and the second request is answered", async () => {
  const model = "brink-simulated:first=0,rate=0,tokens=5,seed=77,fault=status-503,times=1";
  await expect(collect(model, "x")).rejects.toMatchObject({ status: 503 });
  expect((await collect(model, "x")).finishes).toEqual(["stop"]);
});

test("a client that leaves is noticed at once, and nothing is produced for it any more", async () => {
  const before = llm.stats();
  const stream = await openai.chat.completions.create({
    model: "brink-simulated:first=0,rate=200,tokens=100000,seed=5",
    messages: say("leave me"),
    stream: true,
  });
  let seen = 0;
  for await (const chunk of stream) if (chunk.choices.length > 0 && ++seen === 5) break;
  await vi.waitFor(() => expect(llm.stats()).toMatchObject({ live: before.live, aborted: before.aborted + 1 }));
  const request = llm.requests().at(-1);
  expect(request).toMatchObject({ outcome: "aborted", lastUserText: "leave me", messages: 1, stream: true });
  expect(request?.closedAt).toBeGreaterThanOrEqual(request?.at ?? Number.NaN);
  expect(request?.tokensSent).toBeLessThan(100_000);
});

test("a client that leaves in silence is noticed too", async () => {
  const leaving = new AbortController();
  const { aborted } = llm.stats();
  const waiting = openai.chat.completions.create(
    { model: "brink-simulated:first=600000", messages: say("x") },
    { signal: leaving.signal },
  );
  await vi.waitFor(() => expect(llm.stats().live).toBe(1));
  leaving.abort();
  await expect(waiting).rejects.toThrow();
  await vi.waitFor(() => expect(llm.stats()).toMatchObject({ live: 0, aborted: aborted + 1 }));
});

test("GET /stats tells another process the same", async () => {
  const answer = await fetch(new URL("/stats", llm.url));
  expect(await answer.json()).toEqual({ stats: llm.stats(), requests: llm.requests() });
});

test("hundreds of streams at once are each exact", async () => {
  const models = Array.from({ length: 300 }, (_, k) => `brink-simulated:first=20,rate=500,tokens=60,seed=${k % 7}`);
  const texts = await Promise.all(models.map(async (model) => (await collect(model, "x")).text));
  expect(texts).toEqual(models.map((model) => expectedText(model)));
  expect(llm.stats().live).toBe(0);
});

test("closing ends what is live", async () => {
  const other = await startSimulatedLlm();
  const client = new OpenAI({ baseURL: other.url, apiKey: "any", maxRetries: 0 });
  const stream = await client.chat.completions.create({
    model: "brink-simulated:first=0,tokens=1000",
    messages: say("x"),
    stream: true,
  });
  const reading = (async () => {
    for await (const chunk of stream) void chunk;
  })();
  await other.close();
  await expect(reading).rejects.toThrow();
  expect(other.stats()).toMatchObject({ live: 0, requests: 1 });
});

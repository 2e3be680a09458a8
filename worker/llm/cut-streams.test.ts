// The truncation corpus: what three kinds of provider send (recorded/, in their wire shapes and nobody's words), cut
// after every byte of it on a real line, by FIN and by RST, and read by the adapter into a live answer.

import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { appendEntry, type LogEntry, textOf } from "../../protocol/events.ts";
import { AnswerLog } from "../conversation/answer-log.ts";
import { type Host, LiveAnswer } from "../conversation/live-answer.ts";
import { beginGeneration, type Generation } from "../core/generation.ts";
import { createOpenAiProvider } from "./openai-compatible.ts";
import deepseek from "./recorded/deepseek.sse?raw";
import openai from "./recorded/openai.sse?raw";
import openrouter from "./recorded/openrouter.sse?raw";

const LINES = 6; // At once: more of them only wait for the one thread.

const streams = { deepseek, openai, openrouter };
const cuts = ["fin", "close", "rst"] as const;

type Stream = keyof typeof streams;
type Cut = (typeof cuts)[number];
type Choice = {
  delta: { content?: string | null; reasoning_content?: string | null; reasoning?: string | null };
  finish_reason: string | null;
};
type Outcome = { generation: Generation; stored: LogEntry[] };

const names: Stream[] = ["deepseek", "openai", "openrouter"];
const encoder = new TextEncoder();
const lengthOf = (stream: Stream) => encoder.encode(streams[stream]).length;
const now = () => Date.now();

/** Answers from the stream's first `bytes` bytes, until the answer ends or would ask the provider again. */
function answerFrom(stream: Stream, cut: Cut, bytes: number): Promise<Outcome> {
  const baseUrl = `${env.CUT_STREAMS_URL}/${stream}/${cut}/${bytes}`;
  const controller = new AbortController();
  const { signal } = controller;
  const prompt = { model: "m", messages: [{ role: "user" as const, content: "Hi" }], params: {} };
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const stored: LogEntry[] = [];
  const host: Host = {
    now,
    after: () => () => undefined,
    every: () => () => undefined,
    call: () => {
      const provider = createOpenAiProvider({ baseUrl, apiKey: "any", now });
      const batches = provider.stream(prompt, { signal, onDispatch: () => undefined })[Symbol.asyncIterator]();
      return { batches, abort: () => controller.abort() };
    },
    flush(_attempt, { entries }) {
      for (const entry of entries) appendEntry(stored, entry);
      return true;
    },
    stored: () => Promise.resolve(),
    fence(_from, generation) {
      resolve({ generation, stored });
      return true;
    },
    finish(_from, generation, { entries }) {
      for (const entry of entries) appendEntry(stored, entry);
      resolve({ generation, stored });
      return { isCurrent: true, costUsd: null };
    },
    giveWay: () => undefined,
    spoke: () => undefined,
    log: (event, fields) => reject(new Error(`${event}: ${JSON.stringify(fields)}`)),
  };
  const start = { generationId: "g", messageId: "m", userMessageId: "u", model: "m", cached: false };
  const live = new LiveAnswer(beginGeneration("g", 0, false, now()), new AnswerLog(start, 1, [], []), host);
  live.start(host.call());
  return promise;
}

/** The events of a stream, each with the bytes at which its data is whole, and at which its blank line is. */
function eventsOf(stream: Stream) {
  let at = 0;
  return streams[stream].split(/(?<=\r?\n\r?\n)/).map((event) => {
    const dataAt = at + encoder.encode(event.trimEnd()).length;
    at += encoder.encode(event).length;
    return { data: event.replace(/^data: |^:.*/, "").trimEnd(), dataAt, wholeAt: at };
  });
}

/** What must come of a stream's first events, when the line then ends by `cut`. */
function expectedOf(events: { data: string }[], cut: Cut): string {
  let [answer, reasoning, hasReason, isDone] = ["", "", false, false];
  for (const { data } of events) {
    isDone ||= data === "[DONE]";
    if (!data.startsWith("{")) continue;
    const { choices }: { choices: Choice[] } = JSON.parse(data);
    for (const { delta, finish_reason } of choices) {
      answer += delta.content ?? "";
      reasoning += delta.reasoning_content ?? delta.reasoning ?? "";
      hasReason ||= finish_reason !== null;
    }
  }
  if (hasReason && (isDone || cut === "close")) return describe("complete", answer, reasoning);
  return describe(answer + reasoning === "" ? "queued again" : "failed: provider_truncated", answer, reasoning);
}

function outcomeOf({ generation, stored }: Outcome): string {
  const { state, attempt, error } = generation;
  const ending = error === null ? state : `${state}: ${error}`;
  return describe(attempt === 1 ? ending : `${ending} again`, textOf(stored), textOf(stored, 1));
}

function describe(ending: string, answer: string, reasoning: string): string {
  return JSON.stringify({ ending, answer, reasoning });
}

test("a whole stream is a whole answer, whoever sent it", async () => {
  const said: Record<Stream, [answer: string, reasoning: string]> = {
    deepseek: ["7 × 8 = **56**", "他问 7×8。 Easy 🙂"],
    openai: ["Grüße 👋🏽 世界,\n“ok” \\o/", ""],
    openrouter: ["Ça va\r\n👩‍👧 – oui 🎉", "Ein Wort: 😀"],
  };
  for (const stream of names) {
    const outcome = await answerFrom(stream, "close", lengthOf(stream));
    expect(outcomeOf(outcome)).toBe(describe("complete", ...said[stream]));
    expect(outcome.generation).toMatchObject({ finishReason: "stop", usage: { inputTokens: expect.any(Number) } });
  }
});

const everyCut = names.flatMap((stream) => cuts.map((cut) => ({ stream, cut })));

test.each(everyCut)(
  "no cut of $stream by $cut is complete without its finish_reason",
  async ({ stream, cut }) => {
    const events = eventsOf(stream);
    const reasonAt = events.find(({ data }) => data.includes('"finish_reason":"stop"'))?.dataAt ?? 0;
    expect(reasonAt).toBeGreaterThan(0);
    const length = lengthOf(stream);
    const wrong: string[] = [];
    const seen = new Set<string>();
    let next = 0;
    const work = async () => {
      while (next <= length) {
        const bytes = next++;
        const outcome = await answerFrom(stream, cut, bytes);
        const isComplete = outcome.generation.state === "complete";
        // An event whose blank line is cut may count or not; a reset may overtake what was sent before it.
        const sure = cut === "rst" ? 0 : events.filter(({ wholeAt }) => wholeAt <= bytes).length;
        const most = events.filter(({ dataAt }) => dataAt <= bytes).length;
        const allowed = new Set<string>();
        for (let count = sure; count <= most; count++) allowed.add(expectedOf(events.slice(0, count), cut));
        const found = outcomeOf(outcome);
        seen.add(found);
        if (!allowed.has(found) || (isComplete && bytes < reasonAt)) wrong.push(`after ${bytes} bytes: ${found}`);
      }
    };
    await Promise.all(Array.from({ length: LINES }, work));
    expect(wrong).toEqual([]);
    // Not all resets overtook their bytes: most of the text was read, and not taken for the whole.
    expect(seen).toContain(expectedOf(events.slice(0, events.length - 3), cut));
  },
  60_000,
);

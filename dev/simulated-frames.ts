// Tokens and frames as they go over the wire. All strings here are "binary": one character for each byte of UTF-8, so
// that a length is a byte count, a cut may fall inside a character, and a socket takes them as latin1 without encoding.
import type { ChatRequest } from "./simulated-request.ts";
import type { Scenario } from "./simulated-scenario.ts";
import { contentTokens, reasoningTokens } from "./simulated-text.ts";

/** The tokens of one answer as JSON strings; `reasoning` of them come first. */
export type EncodedTokens = { tokens: readonly string[]; reasoning: number; text: readonly string[] };

/** What is said for one request around its tokens. */
export type Frames = {
  role: string;
  token(json: string, isReasoning: boolean): string;
  finish(reason: "stop" | "length"): string;
  usage(completionTokens: number, reasoningTokens: number): string; // empty unless asked for
  error: string;
  done: string;
};

export type Usage = {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  completion_tokens_details: { reasoning_tokens: number };
};

const CACHED_TEXTS = 256;
const CACHED_TOKENS = 20_000; // Longer texts are made afresh, so that the cache stays within some 100 MB.
const cache = new Map<string, EncodedTokens>();

/** A bench sends one scenario thousands of times: its tokens are encoded once. Answers to people are not kept. */
export function encodeTokens({ scenario, prompt }: Pick<ChatRequest, "scenario" | "prompt">): EncodedTokens {
  if (scenario.text === "answer" || scenario.tokens + scenario.reasoningTokens > CACHED_TOKENS)
    return encode(scenario, prompt);
  const key = `${scenario.text} ${scenario.seed} ${scenario.tokens} ${scenario.reasoningTokens}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const encoded = encode(scenario, prompt);
  const oldest = cache.keys().next();
  if (cache.size >= CACHED_TEXTS && oldest.done !== true) cache.delete(oldest.value);
  cache.set(key, encoded);
  return encoded;
}

function encode(scenario: Scenario, prompt: ChatRequest["prompt"]): EncodedTokens {
  const reasoning = reasoningTokens(scenario);
  const text = reasoning.concat(contentTokens(scenario, prompt));
  const isAwkward = scenario.text === "unicode" || scenario.text === "surrogates";
  // Some providers escape all that is not ASCII and others nothing: awkward text does both by turns.
  const tokens = text.map((token, k) => toBinary(isAwkward && k % 2 === 1 ? toAscii(token) : JSON.stringify(token)));
  return { tokens, reasoning: reasoning.length, text };
}

export function createFrames(id: string, created: number, request: ChatRequest): Frames {
  // Lines may end in CRLF by the standard: awkward text comes in such frames.
  const isAwkward = request.scenario.text === "unicode" || request.scenario.text === "surrogates";
  const eol = isAwkward ? "\r\n\r\n" : "\n\n";
  const base = `data: {"id":"${id}","object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(request.model)},"system_fingerprint":"simulated",`;
  const noUsage = request.includeUsage ? `,"usage":null` : "";
  const choice = (delta: string, finish: string) =>
    `${base}"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}]${noUsage}}${eol}`;
  const [contentHead = "", tail = ""] = choice(`{"content":\0}`, "null").split("\0");
  const reasoningHead = contentHead.replace(/"content":$/, `"reasoning_content":`);
  return {
    role: choice(`{"role":"assistant","content":"","refusal":null}`, "null"),
    token: (json, isReasoning) => (isReasoning ? reasoningHead : contentHead) + json + tail,
    finish: (reason) => choice("{}", `"${reason}"`),
    usage: (completionTokens, reasoning) =>
      request.includeUsage
        ? `${base}"choices":[],"usage":${JSON.stringify(countUsage(request.promptTokens, completionTokens, reasoning))}}${eol}`
        : "",
    error: `data: {"error":{"message":"The simulated model failed, as its scenario says.","type":"server_error","param":null,"code":"simulated_error"}}${eol}`,
    done: `data: [DONE]${eol}`,
  };
}

export function countUsage(promptTokens: number, completionTokens: number, reasoningTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  };
}

/**
 * Where to cut bytes so that it hurts: inside the last multi-byte character, else inside the line end of a frame.
 * Returns a position with at least one byte on either side, or the whole length where there is none.
 */
export function awkwardCut(bytes: string): number {
  for (let at = bytes.length - 1; at > 0; at--) {
    const code = bytes.charCodeAt(at);
    if (code >= 0x80 && code < 0xc0) return at;
  }
  return Math.max(bytes.length - 1, 1);
}

function toBinary(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function toAscii(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

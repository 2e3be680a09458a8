// One `data:` of an OpenAI-compatible stream to events. Takes what the many providers really send: answers, reasoning
// under either of its two names, usage beside an empty `choices`, errors in mid-stream, and chunks of no known kind.

import { toStorableText } from "../../protocol/api.ts";
import type { LlmEvent } from "./provider.ts";

const MAX_COUNT = 2 ** 31 - 1; // What Postgres takes for an integer.

type Fields = Record<string, unknown>;

/** Null when the data is not a JSON object: text may be missing, so the stream cannot be trusted any further. */
export function parseChunk(data: string): LlmEvent[] | null {
  let chunk: unknown;
  try {
    chunk = JSON.parse(data);
  } catch {
    return null;
  }
  if (!isFields(chunk)) return null;
  if (chunk["error"] !== undefined && chunk["error"] !== null) {
    return [{ type: "failed", code: "provider_error", retryable: true }];
  }
  const events: LlmEvent[] = [];
  const choices = chunk["choices"];
  const choice: unknown = Array.isArray(choices) ? choices.find(isFirstChoice) : undefined;
  if (isFields(choice)) {
    const delta = choice["delta"];
    if (isFields(delta)) {
      pushText(events, "reasoning", delta["reasoning_content"] ?? delta["reasoning"]);
      pushText(events, "answer", textOf(delta["content"]));
      pushText(events, "answer", delta["refusal"]);
    }
    const reason = choice["finish_reason"];
    if (typeof reason === "string" && reason !== "") {
      events.push({ type: "finishReason", reason: toStorableText(reason.slice(0, 64)) });
    }
  }
  const usage = chunk["usage"];
  if (isFields(usage)) {
    const inputTokens = countOf(usage["prompt_tokens"]);
    const outputTokens = countOf(usage["completion_tokens"]);
    if (inputTokens + outputTokens > 0) events.push({ type: "usage", usage: { inputTokens, outputTokens } });
  }
  return events;
}

/** One answer is asked for; a provider that sends more says which is which. */
function isFirstChoice(choice: unknown): boolean {
  return isFields(choice) && (choice["index"] === undefined || choice["index"] === 0);
}

/** Some providers send content in parts, as requests have it. */
function textOf(content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  return content
    .map((part: unknown) => (isFields(part) && typeof part["text"] === "string" ? part["text"] : ""))
    .join("");
}

function pushText(events: LlmEvent[], kind: "answer" | "reasoning", text: unknown): void {
  if (typeof text === "string" && text !== "") events.push({ type: "text", kind, text });
}

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? Math.min(value, MAX_COUNT) : 0;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

// The adapter to any OpenAI-compatible provider. `openai` builds and sends the request; reading its answer is ours,
// because the client takes a stream that was cut for one that ended.

import OpenAI, { APIError, APIUserAbortError } from "openai";
import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import type { Prompt } from "../core/prompt.ts";
import { dispatchOptions, guardedFetch, NotAStream } from "./guarded-fetch.ts";
import type { LlmEvent, Provider } from "./provider.ts";
import { readStream } from "./read-stream.ts";

export type ProviderConfig = { baseUrl: string; apiKey: string; now: () => number };

const idle = () => ({ live: 0, lagMs: 0 });

// The state machine's deadlines are shorter; this one only replaces the client's own, which is not about streams.
const CLIENT_TIMEOUT_MS = 14 * 60_000;

export function createOpenAiProvider(config: ProviderConfig): Provider {
  const client = new OpenAI({
    baseURL: config.baseUrl,
    apiKey: config.apiKey,
    maxRetries: 0, // Retries are the state machine's, and only while nothing was shown.
    timeout: CLIENT_TIMEOUT_MS,
    fetch: guardedFetch,
    logLevel: "off", // It logs request bodies, which are people's words.
  });
  return {
    async *stream(prompt, { signal, onDispatch, load = idle }) {
      try {
        const request = client.chat.completions.create(paramsOf(prompt), {
          signal,
          fetchOptions: dispatchOptions(onDispatch),
        });
        const { body } = await request.asResponse();
        if (body === null) throw new NotAStream("The provider answered with no body");
        yield [{ type: "heard" }];
        yield* readStream(body, load, config.now);
      } catch (error) {
        if (signal.aborted) return;
        yield [failureOf(error, config.now())];
      }
    },
  };
}

function paramsOf({ model, messages, params }: Prompt): ChatCompletionCreateParamsStreaming {
  const { temperature, topP, maxTokens, seed, reasoningEffort } = params;
  return {
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(seed !== undefined && { seed }),
    ...(reasoningEffort !== undefined && { reasoning_effort: reasoningEffort }),
  };
}

function failureOf(error: unknown, now: number): LlmEvent {
  if (error instanceof APIUserAbortError) return { type: "failed", code: "provider_truncated", retryable: false };
  if (error instanceof APIError && error.status !== undefined) return refusalOf(error.status, error.headers, now);
  if (causeOf(error) instanceof NotAStream) return { type: "failed", code: "provider_bad_response", retryable: false };
  // Before the answer: no connection. In its middle: a connection that broke. The client wraps only the former.
  const code = error instanceof APIError ? "provider_unreachable" : "provider_truncated";
  return { type: "failed", code, retryable: true };
}

function refusalOf(status: number, headers: Headers | undefined, now: number): LlmEvent {
  if (status === 401 || status === 403) return { type: "failed", code: "provider_unauthorized", retryable: false };
  if (status === 429) {
    const retryAfterMs = readRetryAfter(headers?.get("Retry-After") ?? "", now);
    return {
      type: "failed",
      code: "provider_rate_limited",
      retryable: true,
      ...(retryAfterMs !== null && { retryAfterMs }),
    };
  }
  if (status >= 500 || status === 408) return { type: "failed", code: "provider_error", retryable: true };
  return { type: "failed", code: "provider_rejected", retryable: false };
}

/** Seconds, or a date; in milliseconds. Null when it is neither. */
function readRetryAfter(text: string, now: number): number | null {
  const ms = /^[0-9]+$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

function causeOf(error: unknown): unknown {
  let cause = error;
  while (cause instanceof Error && !(cause instanceof NotAStream) && cause.cause !== undefined) cause = cause.cause;
  return cause;
}

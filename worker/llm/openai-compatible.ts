// The adapter to any OpenAI-compatible provider. `openai` builds the request, whose head is the same each time and kept;
// sending it and reading its answer are ours: the client takes a stream that was cut for one that ended, follows
// redirects, and walks through the body to be sent once more for its own ends.

import OpenAI from "openai";
import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import type { Prompt } from "../core/prompt.ts";
import type { Call, Isolate, LlmEvent, Provider } from "./provider.ts";
import { readStream } from "./read-stream.ts";
import { refusalOf } from "./refusal.ts";

export type ProviderConfig = { baseUrl: string; apiKey: string; now: () => number };

const alone: Isolate = { load: () => ({ live: 0, readMs: 0 }), noteRead: () => undefined };

export function createOpenAiProvider({ baseUrl, apiKey, now }: ProviderConfig): Provider {
  const client = new OpenAI({ baseURL: baseUrl, apiKey, logLevel: "off" }); // It would log people's words.
  let head: Awaited<ReturnType<typeof client.buildRequest>> | null = null;
  const ask = async (prompt: Prompt, { signal, onDispatch }: Call): Promise<Response> => {
    head ??= await client.buildRequest({ method: "post", path: "/chat/completions", body: {}, stream: true });
    const { url, req } = head;
    const body = JSON.stringify(paramsOf(prompt));
    const answer = fetch(url, { ...req, body, signal, redirect: "manual" });
    onDispatch();
    return answer;
  };
  // The prompt, which may be long, is sent and let go: a generator would hold it for as long as the model speaks.
  return { stream: (prompt, call) => read(ask(prompt, call), call, now) };
}

async function* read(
  answer: Promise<Response>,
  { signal, isolate = alone }: Call,
  now: () => number,
): AsyncGenerator<LlmEvent[]> {
  let isAnswered = false;
  try {
    const response = await answer;
    isAnswered = true;
    const refusal = refusalOf(response, now());
    if (refusal !== null || response.body === null) {
      await response.body?.cancel();
      yield [refusal ?? { type: "failed", code: "provider_bad_response", retryable: false }];
      return;
    }
    yield [{ type: "heard" }];
    yield* readStream(response.body, isolate, now);
  } catch {
    if (signal.aborted) return;
    // Before the answer: no connection. In its middle: a connection that broke.
    yield [{ type: "failed", code: isAnswered ? "provider_truncated" : "provider_unreachable", retryable: true }];
  }
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

// The adapter to any OpenAI-compatible provider. `openai` builds the request, whose head is the same each time and kept;
// sending it and reading its answer are ours: the client takes a stream that was cut for one that ended, follows
// redirects, and walks through the body to be sent once more for its own ends.

import OpenAI from "openai";
import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import type { Prompt } from "../core/prompt.ts";
import type { Call, Isolate, LlmEvent, Provider } from "./provider.ts";
import { type Batches, readStream } from "./read-stream.ts";
import { refusalOf } from "./refusal.ts";

export type ProviderConfig = { baseUrl: string; apiKey: string; now: () => number };

const alone: Isolate = { load: () => ({ live: 0, readMs: 0 }), noteRead: () => undefined };

export function createOpenAiProvider({ baseUrl, apiKey, now }: ProviderConfig): Provider {
  const client = new OpenAI({ baseURL: baseUrl, apiKey, logLevel: "off" }); // It would log people's words.
  let head: Awaited<ReturnType<typeof buildHead>> | null = null;
  const ask = async (prompt: Prompt, { signal, onDispatch }: Call): Promise<Response> => {
    head ??= await buildHead(client);
    const { url, req } = head;
    const body = JSON.stringify(paramsOf(prompt));
    const answer = fetch(url, { ...req, body, signal, redirect: "manual" });
    onDispatch();
    return answer;
  };
  // The prompt, which may be long, is sent and let go: an answer holds its call, and not what was asked.
  return { stream: (prompt, call) => new Answer(ask(prompt, call), call, now) };
}

/** Without the client's telemetry (runtime, system, versions): seven of eleven headers, of no use to what is asked. */
async function buildHead(client: OpenAI) {
  const { url, req } = await client.buildRequest({ method: "post", path: "/chat/completions", body: {}, stream: true });
  const headers = new Headers([...req.headers].filter(([name]) => !name.startsWith("x-stainless-")));
  return { url, req: { ...req, headers } };
}

const over: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** What a call says: once its head has come, batch by batch; what breaks is an event, unless it was aborted. */
class Answer implements Batches {
  readonly #response: Promise<Response>;
  readonly #call: Call;
  readonly #now: () => number;
  #body: Batches | null = null;
  #isOver = false;

  constructor(response: Promise<Response>, call: Call, now: () => number) {
    this.#response = response;
    this.#call = call;
    this.#now = now;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<LlmEvent[]>> {
    if (this.#isOver) return Promise.resolve(over);
    if (this.#body === null) return this.#response.then(this.#open).catch(this.#fail);
    return this.#body.next().catch(this.#fail);
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    if (!this.#isOver) {
      this.#isOver = true;
      await this.#body?.return();
    }
    return over;
  }

  readonly #open = async (response: Response): Promise<IteratorResult<LlmEvent[]>> => {
    const refusal = refusalOf(response, this.#now());
    if (refusal === null && response.body !== null) {
      this.#body = readStream(response.body, this.#call.isolate ?? alone, this.#now);
      return { done: false, value: [{ type: "heard" }] };
    }
    this.#isOver = true;
    await response.body?.cancel().catch(() => undefined);
    return { done: false, value: [refusal ?? { type: "failed", code: "provider_bad_response", retryable: false }] };
  };

  readonly #fail = async (): Promise<IteratorResult<LlmEvent[]>> => {
    await this.return();
    if (this.#call.signal.aborted) return over;
    // Before the answer: no connection. In its middle: a connection that broke.
    const code = this.#body === null ? "provider_unreachable" : "provider_truncated";
    return { done: false, value: [{ type: "failed", code, retryable: true }] };
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

// A decorator of the provider's port: where a call asks for it, an earlier answer to the same prompt is replayed as a
// stream, and a clean completion is kept for the next. The cache is a provider like any other.

import { cacheIdentity } from "../core/cache-key.ts";
import type { Usage } from "../../protocol/events.ts";
import type { LlmEvent, Provider } from "./provider.ts";

export type CachedAnswer = {
  pieces: { kind: "answer" | "reasoning"; text: string }[];
  finishReason: string;
  usage: Usage | null;
};

/** What this decorator wants of a cache: a miss is null, and so is every failure; `put` never throws. */
export type ResponseCache = {
  get(identity: string): Promise<CachedAnswer | null>;
  put(identity: string, answer: CachedAnswer): Promise<void>;
};

const PIECE_LENGTH = 4_096; // UTF-16 units a batch when replaying: a frame of readable size.

export function withResponseCache(provider: Provider, cache: ResponseCache, providerName: string): Provider {
  return {
    stream(prompt, call) {
      if (call.cacheFor === undefined) return provider.stream(prompt, call);
      const identity = cacheIdentity(call.cacheFor, providerName, prompt);
      return lookUp(identity, cache, () => provider.stream(prompt, call));
    },
  };
}

async function* lookUp(
  identity: string,
  cache: ResponseCache,
  ask: () => AsyncIterable<LlmEvent[]>,
): AsyncGenerator<LlmEvent[]> {
  const hit = await cache.get(identity);
  yield [{ type: "cache", isHit: hit !== null }];
  if (hit === null) yield* record(identity, cache, ask());
  else yield* replay(hit);
}

async function* replay(answer: CachedAnswer): AsyncGenerator<LlmEvent[]> {
  yield [{ type: "opened" }];
  for (const { kind, text } of answer.pieces) {
    for (let at = 0; at < text.length; at += PIECE_LENGTH) {
      yield [{ type: "text", kind, text: text.slice(at, at + PIECE_LENGTH) }];
    }
  }
  yield [
    { type: "finishReason", reason: answer.finishReason },
    ...(answer.usage === null ? [] : [{ type: "usage", usage: answer.usage } as const]),
    { type: "ended" },
  ];
}

async function* record(
  identity: string,
  cache: ResponseCache,
  batches: AsyncIterable<LlmEvent[]>,
): AsyncGenerator<LlmEvent[]> {
  const answer: CachedAnswer = { pieces: [], finishReason: "", usage: null };
  for await (const batch of batches) {
    for (const event of batch) {
      if (event.type === "text") addPiece(answer, event.kind, event.text);
      else if (event.type === "finishReason") answer.finishReason = event.reason;
      else if (event.type === "usage") answer.usage = event.usage;
      // Only "stop" is a whole answer: "length" and "content_filter" are worth another try. Nobody waits for the write.
      else if (event.type === "ended" && answer.finishReason === "stop") void cache.put(identity, answer);
    }
    yield batch;
  }
}

function addPiece(answer: CachedAnswer, kind: "answer" | "reasoning", text: string): void {
  const last = answer.pieces.at(-1);
  if (last?.kind === kind) last.text += text;
  else answer.pieces.push({ kind, text });
}

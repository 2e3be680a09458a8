// A decorator of the provider's port: where a call asks for it, an earlier answer to the same prompt is replayed as a
// stream, and a clean completion is kept for the next. The cache is a provider like any other.

import * as z from "zod/mini";
import { cacheIdentity } from "../core/cache-key.ts";
import type { LlmEvent, Provider } from "./provider.ts";

const answerSchema = z.object({
  pieces: z.array(z.object({ kind: z.enum(["answer", "reasoning"]), text: z.string() })),
  finishReason: z.string(),
  usage: z.nullable(z.object({ inputTokens: z.number(), outputTokens: z.number() })),
});
type CachedAnswer = z.infer<typeof answerSchema>;

/** What this decorator wants of a store: a miss is null, and so is every failure; `put` never throws. */
export type AnswerStore = {
  get(identity: string): Promise<string | null>;
  put(identity: string, answer: string): Promise<void>;
};

const PIECE_LENGTH = 4_096; // UTF-16 units a batch when replaying: a frame of readable size.

export function withResponseCache(provider: Provider, store: AnswerStore, providerName: string): Provider {
  return {
    stream(prompt, call) {
      if (call.cacheFor === undefined) return provider.stream(prompt, call);
      const identity = cacheIdentity(call.cacheFor, providerName, prompt);
      return lookUp(identity, store, () => provider.stream(prompt, call));
    },
  };
}

async function* lookUp(
  identity: string,
  store: AnswerStore,
  ask: () => AsyncIterable<LlmEvent[]>,
): AsyncGenerator<LlmEvent[]> {
  const hit = parseAnswer(await store.get(identity));
  yield [{ type: "cache", isHit: hit !== null }];
  if (hit === null) yield* record(identity, store, ask());
  else yield* replay(hit);
}

/** What was stored by an older version, or is damaged, is a miss. */
function parseAnswer(stored: string | null): CachedAnswer | null {
  if (stored === null) return null;
  try {
    const parsed = answerSchema.safeParse(JSON.parse(stored));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

async function* replay(answer: CachedAnswer): AsyncGenerator<LlmEvent[]> {
  yield [{ type: "heard" }];
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
  store: AnswerStore,
  batches: AsyncIterable<LlmEvent[]>,
): AsyncGenerator<LlmEvent[]> {
  const answer: CachedAnswer = { pieces: [], finishReason: "", usage: null };
  for await (const batch of batches) {
    for (const event of batch) {
      if (event.type === "text") addPiece(answer, event.kind, event.text);
      else if (event.type === "finishReason") answer.finishReason = event.reason;
      else if (event.type === "usage") answer.usage = event.usage;
      // Only "stop" is a whole answer: "length" and "content_filter" are worth another try. Nobody waits for the write.
      else if (event.type === "ended" && answer.finishReason === "stop")
        void store.put(identity, JSON.stringify(answer));
    }
    yield batch;
  }
}

function addPiece(answer: CachedAnswer, kind: "answer" | "reasoning", text: string): void {
  const last = answer.pieces.at(-1);
  if (last?.kind === kind) last.text += text;
  else answer.pieces.push({ kind, text });
}

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

/** What this decorator wants of a store: a miss is null, and so is every failure; nothing throws. */
export type AnswerStore = { find(identity: string): Promise<Place> };
type Place = { stored: string | null; put(answer: string): Promise<void> };

const PIECE_LENGTH = 4_096; // UTF-16 units a batch when replaying: a frame of readable size.

export function withResponseCache(provider: Provider, store: AnswerStore, providerName: string): Provider {
  return {
    stream(prompt, call) {
      if (call.cacheFor === undefined) return provider.stream(prompt, call);
      const place = store.find(cacheIdentity(call.cacheFor, providerName, prompt));
      return replayOrRecord(
        place,
        once(() => provider.stream(prompt, call)),
      );
    },
  };
}

async function* replayOrRecord(
  place: Promise<Place>,
  ask: () => AsyncIterable<LlmEvent[]>,
): AsyncGenerator<LlmEvent[]> {
  const { stored, put } = await place;
  const hit = parseAnswer(stored);
  yield [{ type: "cache", isHit: hit !== null }];
  if (hit === null) yield* record(ask(), put);
  else yield* replay(hit);
}

/** `ask`, let go when it is called: a generator holds what it was given to its end, and in `ask` is the whole prompt. */
function once<Result>(ask: () => Result): () => Result {
  const asks = [ask];
  return () => {
    const last = asks.pop();
    if (last === undefined) throw new Error("asked twice");
    return last();
  };
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

async function* record(batches: AsyncIterable<LlmEvent[]>, put: Place["put"]): AsyncGenerator<LlmEvent[]> {
  const answer: CachedAnswer = { pieces: [], finishReason: "", usage: null };
  for await (const batch of batches) {
    for (const event of batch) {
      if (event.type === "text") addPiece(answer, event.kind, event.text);
      else if (event.type === "finishReason") answer.finishReason = event.reason;
      else if (event.type === "usage") answer.usage = event.usage;
      // Only "stop" is a whole answer: "length" and "content_filter" are worth another try. Nobody waits for the write.
      else if (event.type === "ended" && answer.finishReason === "stop") void put(JSON.stringify(answer));
    }
    yield batch;
  }
}

function addPiece(answer: CachedAnswer, kind: "answer" | "reasoning", text: string): void {
  const last = answer.pieces.at(-1);
  if (last?.kind === kind) last.text += text;
  else answer.pieces.push({ kind, text });
}

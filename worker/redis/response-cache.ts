// Earlier answers by the hash of their prompt, for an hour. Redis is never the truth: every failure is a miss.

import type { Redis } from "@upstash/redis/cloudflare";
import * as z from "zod/mini";
import type { CachedAnswer, ResponseCache } from "../llm/with-response-cache.ts";

const LIFE_SECONDS = 3_600;
const MAX_LENGTH = 262_144; // UTF-16 units; larger answers are dear to move and rarely asked twice.

const answerSchema = z.object({
  pieces: z.array(z.object({ kind: z.enum(["answer", "reasoning"]), text: z.string() })),
  finishReason: z.string(),
  usage: z.nullable(z.object({ inputTokens: z.number(), outputTokens: z.number() })),
});

export function createResponseCache(redis: Redis, onFailure: (error: unknown) => void): ResponseCache {
  return {
    async get(identity) {
      try {
        const stored = await redis.get<string>(await keyOf(identity));
        return stored === null ? null : answerSchema.parse(JSON.parse(stored));
      } catch (error) {
        onFailure(error);
        return null;
      }
    },
    async put(identity: string, answer: CachedAnswer) {
      const body = JSON.stringify(answer);
      if (body.length > MAX_LENGTH) return;
      try {
        await redis.set(await keyOf(identity), body, { ex: LIFE_SECONDS });
      } catch (error) {
        onFailure(error);
      }
    },
  };
}

async function keyOf(identity: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(identity));
  return `brink:answer:${Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

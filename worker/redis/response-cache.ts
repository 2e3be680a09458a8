// Earlier answers, as text, by the hash of what makes their prompts the same; for an hour. Redis is never the truth:
// every failure is a miss.

import type { Redis } from "@upstash/redis/cloudflare";

const LIFE_SECONDS = 3_600;
const MAX_LENGTH = 262_144; // UTF-16 units; larger answers are dear to move and rarely asked twice.

export type ResponseCache = {
  /** Null for a miss. Never throws. */
  get(identity: string): Promise<string | null>;
  put(identity: string, answer: string): Promise<void>;
};

export function createResponseCache(redis: Redis, onFailure: (error: unknown) => void): ResponseCache {
  return {
    async get(identity) {
      try {
        return await redis.get<string>(await keyOf(identity));
      } catch (error) {
        onFailure(error);
        return null;
      }
    },
    async put(identity, answer) {
      if (answer.length > MAX_LENGTH) return;
      try {
        await redis.set(await keyOf(identity), answer, { ex: LIFE_SECONDS });
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

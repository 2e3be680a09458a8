// Earlier answers, as text, by the hash of what makes their prompts the same; for an hour. Redis is never the truth:
// every failure is a miss.

import type { Redis } from "@upstash/redis/cloudflare";

const LIFE_SECONDS = 3_600;
const MAX_LENGTH = 262_144; // UTF-16 units; larger answers are dear to move and rarely asked twice.

/** Where the answer to one prompt is kept: what is there, null for a miss, and how to put one there. */
export type CachePlace = { stored: string | null; put(answer: string): Promise<void> };

/** Nothing here throws. */
export type ResponseCache = { find(identity: string): Promise<CachePlace> };

export function createResponseCache(redis: Redis, onFailure: (error: unknown) => void): ResponseCache {
  const get = async (key: string) => {
    try {
      return await redis.get<string>(key);
    } catch (error) {
      onFailure(error);
      return null;
    }
  };
  const put = async (key: string, answer: string) => {
    if (answer.length > MAX_LENGTH) return;
    try {
      await redis.set(key, answer, { ex: LIFE_SECONDS });
    } catch (error) {
      onFailure(error);
    }
  };
  return {
    // The identity, which holds the whole prompt, is let go for its hash.
    async find(identity) {
      try {
        const key = await keyOf(identity);
        return { stored: await get(key), put: (answer) => put(key, answer) };
      } catch (error) {
        onFailure(error);
        return { stored: null, put: async () => undefined };
      }
    },
  };
}

async function keyOf(identity: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(identity));
  return `brink:answer:${Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

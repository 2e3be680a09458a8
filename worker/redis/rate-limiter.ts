// The verdict on a send: so many a minute for a user, so many for an address, so many answers at once. One round trip;
// when Redis does not answer, a stricter local limit judges, and nobody waits for Redis again for a while.

import { Ratelimit } from "@upstash/ratelimit";
import type { Redis } from "@upstash/redis/cloudflare";
import { type Quota, stricter, type Verdict } from "../core/quota.ts";
import { createLiveLease, LEASE_MS, type LiveLease } from "./live-lease.ts";
import { createLocalLimiter } from "./local-limiter.ts";

/** Who sends: our own names (`user:ID`, `ip:HMAC`), never raw input, since they become keys. */
export type Subject = { user: string; address: string; generationId: string };

export type RateLimiter = {
  /** Judges a new send and, where it allows, holds a place among the user's live answers. Never throws. */
  judge(subject: Subject): Promise<Verdict>;
  /** Keeps the place of an answer that is still being written. Never throws. */
  renew(subject: Pick<Subject, "user" | "generationId">): Promise<void>;
  /** Gives the place back. Never throws: an unreturned place lapses by itself. */
  release(subject: Pick<Subject, "user" | "generationId">): Promise<void>;
};

const WINDOW_MS = 60_000;
const BYPASS_MS = 5_000; // After a failure: long enough to spare people the timeout, short enough to notice the return.

export const unlimited: RateLimiter = {
  judge: () => Promise.resolve({ allowed: true }),
  renew: () => Promise.resolve(),
  release: () => Promise.resolve(),
};

type Options = { redis: Redis; quota: Quota; now: () => number; onFailure: (error: unknown) => void };

export function createRateLimiter({ redis, quota, now, onFailure }: Options): RateLimiter {
  const perMinute = (prefix: string, limit: number) =>
    new Ratelimit({
      redis,
      prefix,
      limiter: Ratelimit.slidingWindow(limit, `${WINDOW_MS} ms`),
      ephemeralCache: false, // The default never shrinks.
      timeout: 0, // The default calls a hang a success after 5 s; the client's own timeout throws.
    });
  const users = perMinute("brink:limit:user", quota.perUser);
  const addresses = perMinute("brink:limit:address", quota.perAddress);
  const lease: LiveLease = createLiveLease(redis, quota.live);
  const local = createLocalLimiter(stricter(quota), WINDOW_MS, LEASE_MS);
  let bypassUntil = 0;

  const failed = (error: unknown) => {
    bypassUntil = now() + BYPASS_MS;
    onFailure(error);
  };

  return {
    async judge(subject) {
      if (now() < bypassUntil) return local.judge(subject, now());
      try {
        const [user, address, live] = await Promise.all([
          users.limit(subject.user),
          addresses.limit(subject.address),
          lease.acquire(subject.user, subject.generationId, now()),
        ]);
        const blocked = [user, address].filter((limit) => !limit.success);
        if (blocked.length === 0 && live) return { allowed: true };
        if (live) await lease.release(subject.user, subject.generationId);
        if (blocked.length === 0) return { allowed: false, code: "too_many_live", retryAfterMs: 2_000 };
        const reset = Math.max(...blocked.map((limit) => limit.reset));
        return { allowed: false, code: "rate_limited", retryAfterMs: Math.max(1_000, reset - now()) };
      } catch (error) {
        failed(error);
        return local.judge(subject, now());
      }
    },
    async renew({ user, generationId }) {
      local.renew(user, generationId, now());
      if (now() < bypassUntil) return;
      await lease.renew(user, generationId, now()).catch(failed);
    },
    async release({ user, generationId }) {
      local.release(user, generationId);
      if (now() < bypassUntil) return;
      await lease.release(user, generationId).catch(failed);
    },
  };
}

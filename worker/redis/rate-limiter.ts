// The verdict on a send: so many a minute for a user, so many for an address, so many answers at once. One round trip;
// when Redis does not answer, a stricter local limit judges, and nobody waits for Redis again for a while.

import { Ratelimit } from "@upstash/ratelimit";
import type { Redis } from "@upstash/redis/cloudflare";
import { type Quota, stricter, type Verdict } from "../core/quota.ts";
import { createGatheredVerdicts } from "./gathered-verdicts.ts";
import { createLiveLease, LEASE_MS, type LiveLease } from "./live-lease.ts";
import { createLocalLimiter } from "./local-limiter.ts";
import { createReturnedPlaces, type Places } from "./returned-places.ts";

/** Who sends: our own names (`user:ID`, `ip:HMAC`), never raw input, since they become keys. */
export type Subject = { user: string; address: string; lease: string };

export type RateLimiter = {
  /**
   * Judges a new send and, where it allows, holds a place among the user's live answers. Never throws. `hasTime`: a few
   * milliseconds more are felt by nobody, so it may be judged together with others.
   */
  judge(subject: Subject, hasTime?: boolean): Promise<Verdict>;
  /** Keeps the place of an answer that is still being written. Never throws. */
  renew(subject: Pick<Subject, "user" | "lease">): Promise<void>;
  /** Gives the place back, in a moment. Never throws: an unreturned place lapses by itself. Nobody need wait for it. */
  release(subject: Pick<Subject, "user" | "lease">): Promise<void>;
};

const WINDOW_MS = 60_000;
const BYPASS_MS = 5_000; // After a failure: long enough to spare people the timeout, short enough to notice the return.

const LIVE_RETRY_MS = 2_000; // An answer ends at any moment; asking again this often costs little.

function denied(by: "user" | "address", resetAt: number, now: number): Verdict {
  return { allowed: false, code: "rate_limited", by, retryAfterMs: Math.max(1_000, resetAt - now) };
}

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

  /** Said once for each bypass, and not by everybody who waited just then. */
  const failed = (error: unknown) => {
    const isKnown = now() < bypassUntil;
    bypassUntil = now() + BYPASS_MS;
    if (!isKnown) onFailure(error);
  };

  const release = (user: string, [first, ...rest]: readonly string[]) =>
    first === undefined ? undefined : lease.release(user, [first, ...rest]);
  const releaseAll = async (places: Places) => {
    await Promise.all(Array.from(places, ([user, ended]) => release(user, ended))).catch(failed);
  };
  const returned = createReturnedPlaces(releaseAll, now);

  const judge = async (subject: Subject): Promise<Verdict> => {
    if (now() < bypassUntil) return local.judge(subject, now());
    try {
      const ended = release(subject.user, returned.take(subject.user));
      const [live, user, address] = await Promise.all([
        lease.acquire(subject.user, subject.lease, now()),
        users.limit(subject.user),
        addresses.limit(subject.address),
        ended,
      ]);
      if (live && user.success && address.success) return { allowed: true };
      // A refused send holds no place and costs nothing: what one limit counted before another denied is given back.
      await Promise.all([
        live && lease.release(subject.user, [subject.lease]),
        user.success && users.limit(subject.user, { rate: -1 }),
        address.success && addresses.limit(subject.address, { rate: -1 }),
      ]).catch(failed);
      if (!user.success) return denied("user", user.reset, now());
      if (!address.success) return denied("address", address.reset, now());
      return { allowed: false, code: "too_many_live", by: "user", retryAfterMs: LIVE_RETRY_MS };
    } catch (error) {
      failed(error);
      return local.judge(subject, now());
    }
  };
  const judgeTogether = createGatheredVerdicts(judge);

  return {
    judge: (subject, hasTime = false) => (hasTime && now() >= bypassUntil ? judgeTogether(subject) : judge(subject)),
    async renew({ user, lease: place }) {
      local.renew(user, place, now());
      if (now() < bypassUntil) return;
      await lease.renew(user, place, now()).catch(failed);
    },
    // Not awaited here: it settles in another conversation's life, and to hear that would cost this one two turns.
    release({ user, lease: place }) {
      local.release(user, place);
      return now() < bypassUntil ? Promise.resolve() : returned.add(user, place);
    },
  };
}

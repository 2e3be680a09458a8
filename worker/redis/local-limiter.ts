// The limit that judges while Redis is away: one isolate's own count, in fixed windows, in bounded memory. Pure but for
// what it remembers; the time is passed in.

import type { Quota, Verdict } from "../core/quota.ts";

const MAX_KEYS = 10_000; // Past this the oldest are forgotten: memory is bounded before fairness is.

export type LocalLimiter = {
  judge(subject: { user: string; address: string; lease: string }, now: number): Verdict;
  renew(user: string, lease: string, now: number): void;
  release(user: string, lease: string): void;
};

export function createLocalLimiter(quota: Quota, windowMs: number, leaseMs: number): LocalLimiter {
  const counts = new Map<string, { window: number; count: number }>();
  const live = new Map<string, Map<string, number>>();

  const isLeft = (key: string, limit: number, window: number): boolean => {
    const entry = counts.get(key);
    return (entry?.window === window ? entry.count : 0) < limit;
  };
  const take = (key: string, window: number): void => {
    const entry = counts.get(key);
    counts.delete(key); // Set again, it is the youngest.
    counts.set(key, { window, count: (entry?.window === window ? entry.count : 0) + 1 });
    forgetOldest(counts);
  };

  return {
    judge({ user, address, lease }, now) {
      const window = Math.floor(now / windowMs);
      const held = live.get(user) ?? new Map<string, number>();
      for (const [id, lapsesAt] of held) if (lapsesAt <= now) held.delete(id);
      const retryAfterMs = (window + 1) * windowMs - now;
      if (!isLeft(user, quota.perUser, window))
        return { allowed: false, code: "rate_limited", by: "user", retryAfterMs };
      if (!isLeft(address, quota.perAddress, window)) {
        return { allowed: false, code: "rate_limited", by: "address", retryAfterMs };
      }
      if (held.size >= quota.live) return { allowed: false, code: "too_many_live", by: "user", retryAfterMs: 2_000 };
      take(user, window);
      take(address, window);
      held.set(lease, now + leaseMs);
      live.set(user, held);
      forgetOldest(live);
      return { allowed: true };
    },
    renew(user, lease, now) {
      const held = live.get(user);
      if (held?.has(lease) === true) held.set(lease, now + leaseMs);
    },
    release(user, lease) {
      const held = live.get(user);
      held?.delete(lease);
      if (held?.size === 0) live.delete(user);
    },
  };
}

function forgetOldest(map: Map<string, unknown>): void {
  if (map.size <= MAX_KEYS) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}

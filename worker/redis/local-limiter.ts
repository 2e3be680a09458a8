// The limit that judges while Redis is away: one isolate's own count, in fixed windows, in bounded memory. Pure but for
// what it remembers; the time is passed in.

import type { Quota, Verdict } from "../core/quota.ts";

const MAX_KEYS = 10_000; // Past this the oldest are forgotten: memory is bounded before fairness is.

export type LocalLimiter = {
  judge(subject: { user: string; address: string; generationId: string }, now: number): Verdict;
  renew(user: string, generationId: string, now: number): void;
  release(user: string, generationId: string): void;
};

export function createLocalLimiter(quota: Quota, windowMs: number, leaseMs: number): LocalLimiter {
  const counts = new Map<string, { window: number; count: number }>();
  const live = new Map<string, Map<string, number>>();

  const take = (key: string, limit: number, window: number): boolean => {
    const entry = counts.get(key);
    const count = entry?.window === window ? entry.count : 0;
    if (count >= limit) return false;
    counts.delete(key); // Set again, it is the youngest.
    counts.set(key, { window, count: count + 1 });
    forgetOldest(counts);
    return true;
  };

  return {
    judge({ user, address, generationId }, now) {
      const window = Math.floor(now / windowMs);
      const held = live.get(user) ?? new Map<string, number>();
      for (const [id, lapsesAt] of held) if (lapsesAt <= now) held.delete(id);
      if (held.size >= quota.live) return { allowed: false, code: "too_many_live", retryAfterMs: 2_000 };
      const isAllowed = take(user, quota.perUser, window) && take(address, quota.perAddress, window);
      if (!isAllowed) return { allowed: false, code: "rate_limited", retryAfterMs: (window + 1) * windowMs - now };
      held.set(generationId, now + leaseMs);
      live.set(user, held);
      forgetOldest(live);
      return { allowed: true };
    },
    renew(user, generationId, now) {
      const held = live.get(user);
      if (held?.has(generationId) === true) held.set(generationId, now + leaseMs);
    },
    release(user, generationId) {
      const held = live.get(user);
      held?.delete(generationId);
      if (held?.size === 0) live.delete(user);
    },
  };
}

function forgetOldest(map: Map<string, unknown>): void {
  if (map.size <= MAX_KEYS) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}

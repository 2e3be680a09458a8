// How many answers may be written for one user at once: a lease, not a rate. A sorted set per user, scored by when each
// place lapses; one script drops what lapsed, counts, and adds. (@upstash/ratelimit has no release.)

import type { Redis } from "@upstash/redis/cloudflare";

export const LEASE_MS = 30_000; // Three missed heartbeats: then its holder is dead.

const ACQUIRE = `
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", ARGV[1])
if redis.call("ZSCORE", KEYS[1], ARGV[3]) == false and redis.call("ZCARD", KEYS[1]) >= tonumber(ARGV[4]) then
  return 0
end
redis.call("ZADD", KEYS[1], ARGV[2], ARGV[3])
redis.call("PEXPIREAT", KEYS[1], ARGV[2])
return 1`;

export type LiveLease = {
  /** False when the user has as many live answers as allowed. `now` in milliseconds since the epoch. */
  acquire(user: string, place: string, now: number): Promise<boolean>;
  renew(user: string, place: string, now: number): Promise<void>;
  /** At least one place. */
  release(user: string, places: readonly [string, ...string[]]): Promise<void>;
};

export function createLiveLease(redis: Redis, limit: number): LiveLease {
  const acquireScript = redis.createScript<number>(ACQUIRE);
  const keyOf = (user: string) => `brink:live:${user}`;
  return {
    async acquire(user, place, now) {
      const args = [String(now), String(now + LEASE_MS), place, String(limit)];
      return Number(await acquireScript.exec([keyOf(user)], args)) === 1;
    },
    async renew(user, place, now) {
      const lapsesAt = now + LEASE_MS;
      // Only a place that is still held: an answer that ended meanwhile must not come back.
      await Promise.all([
        redis.zadd(keyOf(user), { xx: true }, { score: lapsesAt, member: place }),
        redis.pexpireat(keyOf(user), lapsesAt),
      ]);
    },
    async release(user, places) {
      await redis.zrem(keyOf(user), ...places);
    },
  };
}

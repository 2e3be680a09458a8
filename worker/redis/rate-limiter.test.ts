import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { newId } from "../../dev/api-client.ts";
import { LEASE_MS } from "./live-lease.ts";
import { createRedis } from "./client.ts";
import { createRateLimiter } from "./rate-limiter.ts";

const redis = createRedis({ url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN });
// Nothing listens on port 1: refused at once.
const nowhere = createRedis({ url: "http://127.0.0.1:1", token: "t" });

const subjectOf =
  (user = newId(), address = newId()) =>
  () => ({
    user: `user:${user}`,
    address: `ip:${address}`,
    lease: newId(),
  });
const limiterOf = (
  quota: { perUser?: number; perAddress?: number; live?: number },
  now = () => Date.now(),
  client = redis,
) => {
  const failures: unknown[] = [];
  const full = { perUser: 1_000, perAddress: 1_000, live: 1_000, ...quota };
  return {
    limiter: createRateLimiter({ redis: client, quota: full, now, onFailure: (error) => failures.push(error) }),
    failures,
  };
};

// A window that slides lets one more through when the minute turns between two sends.
beforeEach(async () => {
  const leftMs = 60_000 - (Date.now() % 60_000);
  if (leftMs < 3_000) await scheduler.wait(leftMs + 10);
});

test("a user has so many a minute and no more, and is told how long to wait", async () => {
  const { limiter, failures } = limiterOf({ perUser: 3 });
  const next = subjectOf();
  for (let send = 0; send < 3; send++) expect(await limiter.judge(next())).toEqual({ allowed: true });
  const denied = await limiter.judge(next());
  expect(denied).toMatchObject({ allowed: false, code: "rate_limited" });
  expect(denied.allowed ? 0 : denied.retryAfterMs).toBeGreaterThan(0);
  expect(denied.allowed ? 0 : denied.retryAfterMs).toBeLessThanOrEqual(60_000);
  expect(await limiter.judge(subjectOf()())).toEqual({ allowed: true });
  expect(failures).toEqual([]);
});

test("an address has so many a minute, whoever sends from it", async () => {
  const { limiter } = limiterOf({ perAddress: 2 });
  const address = newId();
  for (let send = 0; send < 2; send++)
    expect(await limiter.judge(subjectOf(newId(), address)())).toEqual({ allowed: true });
  expect(await limiter.judge(subjectOf(newId(), address)())).toMatchObject({ code: "rate_limited" });
});

test("so many answers at once: a place comes back on release, and by itself when nobody renews it", async () => {
  let now = Date.now();
  const { limiter } = limiterOf({ live: 2 }, () => now);
  const next = subjectOf();
  const [first, second] = [next(), next()];
  expect(await limiter.judge(first)).toEqual({ allowed: true });
  expect(await limiter.judge(second)).toEqual({ allowed: true });
  expect(await limiter.judge(next())).toMatchObject({ allowed: false, code: "too_many_live" });
  await limiter.release(first);
  expect(await limiter.judge(next())).toEqual({ allowed: true });
  now += LEASE_MS - 1;
  await limiter.renew(second);
  now += 2; // The third's place has lapsed, the second's was renewed.
  expect(await limiter.judge(next())).toEqual({ allowed: true });
  expect(await limiter.judge(next())).toMatchObject({ code: "too_many_live" });
});

test("whoever sends at the very moment that an answer ends is not refused for it", async () => {
  const { limiter } = limiterOf({ live: 1 });
  const next = subjectOf();
  const first = next();
  await limiter.judge(first);
  const released = limiter.release(first);
  expect(await limiter.judge(next())).toEqual({ allowed: true });
  await released;
  expect(await limiter.judge(next())).toMatchObject({ code: "too_many_live" });
});

test("a refused send costs nothing: neither of the limits that allowed it counts it", async () => {
  const { limiter } = limiterOf({ perUser: 3, perAddress: 4, live: 1 });
  const address = newId();
  const next = subjectOf(newId(), address);
  const first = next();
  expect(await limiter.judge(first)).toEqual({ allowed: true });
  for (let send = 0; send < 5; send++) expect(await limiter.judge(next())).toMatchObject({ code: "too_many_live" });
  await limiter.release(first);
  for (let send = 0; send < 2; send++) {
    const another = next();
    expect(await limiter.judge(another)).toEqual({ allowed: true });
    await limiter.release(another);
  }
  for (let send = 0; send < 5; send++) expect(await limiter.judge(next())).toMatchObject({ by: "user" });
  expect(await limiter.judge(subjectOf(newId(), address)())).toEqual({ allowed: true });
  expect(await limiter.judge(subjectOf(newId(), address)())).toMatchObject({ by: "address" });
});

test("a denied send holds no place", async () => {
  const { limiter } = limiterOf({ perUser: 1, live: 2 });
  const user = newId();
  const next = subjectOf(user);
  await limiter.judge(next());
  for (let send = 0; send < 3; send++) expect(await limiter.judge(next())).toMatchObject({ code: "rate_limited" });
  expect(await redis.zcard(`brink:live:user:${user}`)).toBe(1);
});

test("an answer that ended is not brought back by a late renewal", async () => {
  const { limiter } = limiterOf({ live: 1 });
  const subject = subjectOf()();
  await limiter.judge(subject);
  await limiter.release(subject);
  await limiter.renew(subject);
  expect(await redis.zcard(`brink:live:${subject.user}`)).toBe(0);
});

test("with Redis away a stricter limit judges, here and now, and Redis is left alone for a while (promise 15)", async () => {
  const { limiter, failures } = limiterOf({ perUser: 4, live: 100 }, () => Date.now(), nowhere);
  const next = subjectOf();
  expect(await limiter.judge(next())).toEqual({ allowed: true });
  expect(await limiter.judge(next())).toEqual({ allowed: true });
  expect(await limiter.judge(next())).toMatchObject({ allowed: false, code: "rate_limited" });
  expect(failures).toHaveLength(1);
});

test("everybody who waited for a Redis that is away finds out, and it is said once", async () => {
  const { limiter, failures } = limiterOf({ live: 100 }, () => Date.now(), nowhere);
  const next = subjectOf();
  const verdicts = await Promise.all([limiter.judge(next()), limiter.judge(next()), limiter.judge(next())]);
  expect(verdicts.every(({ allowed }) => allowed)).toBe(true);
  expect(failures).toHaveLength(1);
});

test("with Redis away, places are counted and come back (promise 15)", async () => {
  const { limiter } = limiterOf({ live: 2 }, () => Date.now(), nowhere);
  const next = subjectOf();
  const first = next();
  expect(await limiter.judge(first)).toEqual({ allowed: true });
  expect(await limiter.judge(next())).toMatchObject({ code: "too_many_live" });
  await limiter.release(first);
  expect(await limiter.judge(next())).toEqual({ allowed: true });
});

// The real @upstash/ratelimit through the gateway, over both engines: its scripts run, count, deny and forget.
import { randomUUID } from "node:crypto";
import { Ratelimit } from "@upstash/ratelimit";
import { Redis } from "@upstash/redis/cloudflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startUpstashGateway, type UpstashGateway } from "./upstash-gateway.ts";
import { testEngines } from "./upstash-test-engines.ts";

const LIMIT = 5;
const DAY_MS = 86_400_000; // A window so long that no test meets its end.

for (const { name, engine, isThere } of testEngines) {
  describe.skipIf(!isThere)(`over ${name}`, () => {
    const prefix = `brink-test:${randomUUID()}`;
    let gateway: UpstashGateway;
    let redis: Redis;

    beforeAll(async () => {
      gateway = await startUpstashGateway({ engine });
      redis = new Redis({ url: gateway.url, token: gateway.token, retry: false });
    });

    afterAll(async () => {
      const keys = await redis.keys(`${prefix}*`);
      if (keys.length > 0) await redis.del(...keys);
      await gateway.close();
    });

    describe.each([
      { kind: "fixed window", limiter: Ratelimit.fixedWindow(LIMIT, "1 d"), resetWithinMs: DAY_MS },
      { kind: "sliding window", limiter: Ratelimit.slidingWindow(LIMIT, "1 d"), resetWithinMs: DAY_MS },
      { kind: "token bucket", limiter: Ratelimit.tokenBucket(1, "1 d", LIMIT), resetWithinMs: DAY_MS },
    ])("$kind", ({ kind, limiter, resetWithinMs }) => {
      const createLimiter = (): Ratelimit =>
        new Ratelimit({ redis, limiter, prefix: `${prefix}:${kind}`, ephemeralCache: false, analytics: false });

      test("allows the limit, denies the next, and says when to come back", async () => {
        const ratelimit = createLimiter();
        for (let used = 1; used <= LIMIT; used++) {
          expect(await ratelimit.limit("user:a")).toMatchObject({
            success: true,
            limit: LIMIT,
            remaining: LIMIT - used,
          });
        }
        const before = Date.now();
        const denied = await ratelimit.limit("user:a");
        expect(denied).toMatchObject({ success: false, remaining: 0 });
        expect(denied.reason).toBeUndefined(); // Redis has decided, not a timeout or a cache.
        expect(denied.reset).toBeGreaterThan(before);
        expect(denied.reset).toBeLessThanOrEqual(Date.now() + resetWithinMs);
        expect(await ratelimit.limit("user:b")).toMatchObject({ success: true });
      });

      test("counts what comes at once exactly", async () => {
        const ratelimit = createLimiter();
        const verdicts = await Promise.all(Array.from({ length: 20 }, () => ratelimit.limit("user:c")));
        expect(verdicts.filter(({ success }) => success)).toHaveLength(LIMIT);
      });

      test("a weighted request takes its weight, and a reset gives all back", async () => {
        const ratelimit = createLimiter();
        expect(await ratelimit.limit("user:d", { rate: 3 })).toMatchObject({ success: true, remaining: 2 });
        expect(await ratelimit.getRemaining("user:d")).toMatchObject({ remaining: 2 });
        await ratelimit.resetUsedTokens("user:d");
        expect(await ratelimit.getRemaining("user:d")).toMatchObject({ remaining: LIMIT });
      });
    });

    test("what a limiter stores expires by itself", async () => {
      const keys = await redis.keys(`${prefix}*`);
      expect(keys.length).toBeGreaterThan(0);
      const lifetimes = await Promise.all(keys.map((key) => redis.pttl(key)));
      expect(Math.min(...lifetimes)).toBeGreaterThan(0);
    });
  });
}

// The real @upstash/redis through the gateway, the same suite over both engines: the embedded Valkey and a real Redis.
import { randomUUID } from "node:crypto";
import { errors, Redis } from "@upstash/redis/cloudflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startUpstashGateway, type UpstashGateway } from "./upstash-gateway.ts";
import { testEngines } from "./upstash-test-engines.ts";

for (const { name, engine, isThere } of testEngines) {
  describe.skipIf(!isThere)(`over ${name}`, () => {
    const prefix = `brink-test:${randomUUID()}:`; // The server may be shared: only keys below this are touched.
    const key = (rest: string): string => prefix + rest;
    let gateway: UpstashGateway;
    let redis: Redis;

    beforeAll(async () => {
      gateway = await startUpstashGateway({ engine });
      redis = new Redis({ url: gateway.url, token: gateway.token, retry: false, enableTelemetry: true });
    });

    afterAll(async () => {
      const keys = await redis.keys(`${prefix}*`);
      if (keys.length > 0) await redis.del(...keys);
      await gateway.close();
    });

    test("what is set is got, nothing is null, and OK is OK", async () => {
      expect(await redis.set(key("plain"), "value")).toBe("OK");
      expect(await redis.get(key("plain"))).toBe("value");
      expect(await redis.get(key("never"))).toBeNull();
      await redis.set(key("ok"), "OK");
      expect(await redis.get(key("ok"))).toBe("OK");
      expect(await redis.mget(key("ok"), key("never"), key("plain"))).toEqual(["OK", null, "value"]);
    });

    test("EX, PX and NX do what they do", async () => {
      expect(await redis.set(key("lock"), "a", { nx: true, ex: 60 })).toBe("OK");
      expect(await redis.set(key("lock"), "b", { nx: true, ex: 60 })).toBeNull();
      expect(await redis.get(key("lock"))).toBe("a");
      expect(await redis.ttl(key("lock"))).toBeGreaterThan(50);
      await redis.set(key("brief"), "x", { px: 1 });
      await expect.poll(() => redis.get(key("brief"))).toBeNull();
    });

    test("numbers and JSON come back as they went", async () => {
      const value = { text: 'für "dich"', list: [1, 2.5, null, true], nested: { a: "b" } };
      await redis.set(key("json"), value);
      expect(await redis.get(key("json"))).toEqual(value);
      expect(await redis.incrby(key("count"), 41)).toBe(41);
      expect(await redis.incr(key("count"))).toBe(42);
      expect(await redis.get(key("count"))).toBe(42);
    });

    test.each([
      ["emoji and joiners", "👩‍👩‍👧‍👦 e\u0301 日本語 \u2028"],
      ["control characters", "\u0000\u0001\r\n\t\u007f"],
      ["what looks like protocol", '*1\r\n$4\r\nPING\r\n{"result":null}'],
      ["every Latin-1 letter", String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code))],
      ["nothing", ""],
      ["what is not quite base64", "T0s="],
    ])("a string of %s survives", async (name, text) => {
      await redis.set(key(name), `=${text}`); // The sign keeps the client from reading JSON into it.
      expect(await redis.get(key(name))).toBe(`=${text}`);
      await redis.rpush(key(`list ${name}`), `=${text}`, "OK");
      expect(await redis.lrange(key(`list ${name}`), 0, -1)).toEqual([`=${text}`, "OK"]);
    });

    test("a megabyte goes through and back", async () => {
      const text = "Brink 🌊".repeat(110_000);
      await redis.set(key("megabyte"), text);
      expect((await redis.get(key("megabyte"))) === text).toBe(true);
    });

    test("hashes are objects", async () => {
      expect(await redis.hset(key("hash"), { name: "Ada", age: 36, tags: ["a", "b"] })).toBe(3);
      expect(await redis.hgetall(key("hash"))).toEqual({ name: "Ada", age: 36, tags: ["a", "b"] });
      expect(await redis.hmget(key("hash"), "name", "none")).toEqual({ name: "Ada", none: null });
      expect(await redis.hgetall(key("no hash"))).toBeNull();
    });

    test("sorted sets keep members and scores", async () => {
      await redis.zadd(key("zset"), { score: 2, member: "two" }, { score: 1.5, member: "one" });
      expect(await redis.zrange(key("zset"), 0, -1, { withScores: true })).toEqual(["one", 1.5, "two", 2]);
      expect(await redis.zremrangebyscore(key("zset"), 0, 1.9)).toBe(1);
      expect(await redis.zcard(key("zset"))).toBe(1);
    });

    test("a scan finds what is there", async () => {
      await redis.mset({ [key("scan:a")]: 1, [key("scan:b")]: 2 });
      const found: string[] = [];
      let cursor = "0";
      do {
        const [next, keys] = await redis.scan(cursor, { match: key("scan:*"), count: 1_000 });
        found.push(...keys);
        cursor = next;
      } while (cursor !== "0");
      expect(found.toSorted()).toEqual([key("scan:a"), key("scan:b")]);
    });

    test("a pipeline answers each command, also beside one that failed", async () => {
      await redis.set(key("text"), "word");
      const pipeline = redis.pipeline().set(key("p"), 1).incr(key("text")).get(key("p"));
      const replies = await pipeline.exec({ keepErrors: true });
      expect(replies).toMatchObject([
        { result: "OK" },
        { error: expect.stringContaining("not an integer") },
        { result: 1 },
      ]);
      await expect(redis.pipeline().incr(key("text")).exec()).rejects.toBeInstanceOf(errors.UpstashError);
    });

    test("transactions of many clients at once do not mix", async () => {
      const one = (n: number): Promise<unknown[]> =>
        redis.multi().set(key("mix"), n).incr(key("mix")).get(key("mix")).del(key("mix")).exec();
      const replies = await Promise.all(Array.from({ length: 40 }, (_, n) => one(n * 10)));
      expect(replies).toEqual(Array.from({ length: 40 }, (_, n) => ["OK", n * 10 + 1, n * 10 + 1, 1]));
    });

    test("auto-pipelining gives every caller its own answer", async () => {
      const auto = new Redis({ url: gateway.url, token: gateway.token, retry: false, enableAutoPipelining: true });
      const numbers = Array.from({ length: 50 }, (_, n) => n);
      await Promise.all(numbers.map((n) => auto.set(key(`auto:${n}`), n)));
      expect(await Promise.all(numbers.map((n) => auto.get(key(`auto:${n}`))))).toEqual(numbers);
    });

    test("eval and evalsha run, and an unknown script says NOSCRIPT", async () => {
      const script = `return {KEYS[1], ARGV[1], 7, redis.call('INCR', KEYS[1])} -- ${prefix}`;
      expect(await redis.eval(script, [key("e")], ["arg"])).toEqual([key("e"), "arg", 7, 1]);
      const sha = await redis.scriptLoad(script);
      expect(await redis.evalsha(sha, [key("e")], ["arg"])).toEqual([key("e"), "arg", 7, 2]);
      await expect(redis.evalsha("0".repeat(40), [], [])).rejects.toThrow("NOSCRIPT");
      await expect(redis.eval("return redis.call('GET')", [], [])).rejects.toThrow(/wrong number of args/i);
    });

    test("a script with Upstash's own flag runs, by its text, by its SHA and loaded", async () => {
      const script = `#!lua flags=allow-key-locking\nreturn ARGV[1] -- ${prefix}`;
      const ours = redis.createScript(script);
      await expect(ours.evalsha([], ["x"])).rejects.toThrow("NOSCRIPT");
      expect(await ours.exec([], ["first"])).toBe("first");
      expect(await ours.evalsha([], ["second"])).toBe("second");
      const loaded = `${script} loaded`;
      const sha = await redis.scriptLoad(loaded);
      expect(await redis.evalsha(sha, [], ["third"])).toBe("third");
      expect(await redis.scriptExists(sha, "0".repeat(40))).toEqual([1, 0]);
    });
  });
}

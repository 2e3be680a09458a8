// The gateway's HTTP as it stands on the wire, over both engines: tokens, paths, errors, bytes, transactions.
import { randomUUID } from "node:crypto";
import { Redis } from "@upstash/redis/cloudflare";
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

    const raw = (path: string, init: RequestInit = {}): Promise<Response> =>
      fetch(gateway.url + path, { ...init, headers: { authorization: `Bearer ${gateway.token}`, ...init.headers } });

    test("an integer of 64 bits keeps its digits", async () => {
      await redis.set(key("big"), "9223372036854775806");
      const answer = await raw("/", { method: "POST", body: JSON.stringify(["INCR", key("big")]) });
      expect(await answer.text()).toBe('{"result":9223372036854775807}');
    });

    test("bytes that are no UTF-8 come out as those bytes", async () => {
      const script = "return redis.call('SET', KEYS[1], string.char(0, 255, 254, 128, 10))";
      await redis.eval(script, [key("bytes")], []);
      const answer = await raw(`/get/${encodeURIComponent(key("bytes"))}`, {
        headers: { "upstash-encoding": "base64" },
      });
      expect(await answer.json()).toEqual({ result: Buffer.from([0, 255, 254, 128, 10]).toString("base64") });
    });

    test("a transaction is all or nothing", async () => {
      expect(await redis.multi().set(key("m"), "a").append(key("m"), "b").get(key("m")).exec()).toEqual([
        "OK",
        2,
        "ab",
      ]);
      const broken = await raw("/multi-exec", {
        method: "POST",
        body: JSON.stringify([["SET", key("m"), "c"], ["NOPE"]]),
      });
      expect([broken.status, await broken.json()]).toEqual([400, { error: expect.stringMatching(/unknown command/i) }]);
      expect(await redis.get(key("m"))).toBe("ab");
      const halfway = await raw("/multi-exec", {
        method: "POST",
        body: JSON.stringify([
          ["LPUSH", key("m"), "x"],
          ["GET", key("m")],
        ]),
      });
      expect(await halfway.json()).toEqual([{ error: expect.stringContaining("WRONGTYPE") }, { result: "ab" }]);
    });

    test("a wrong or missing token is 401 and runs nothing", async () => {
      const stranger = new Redis({ url: gateway.url, token: "wrong", retry: false });
      await expect(stranger.set(key("stolen"), 1)).rejects.toThrow("Unauthorized");
      const without = await fetch(gateway.url, { method: "POST", body: JSON.stringify(["SET", key("stolen"), "1"]) });
      expect([without.status, await without.json()]).toEqual([401, { error: "Unauthorized" }]);
      expect(await redis.exists(key("stolen"))).toBe(0);
    });

    test("paths, queries and bodies are commands too", async () => {
      const k = encodeURIComponent(key("path / with?"));
      expect(await (await raw(`/set/${k}/some%20value?EX=100`)).json()).toEqual({ result: "OK" });
      expect(await (await raw(`/get/${k}`)).json()).toEqual({ result: "some value" });
      expect(await (await raw(`/set/${k}?EX=100&NX`, { method: "POST", body: "body" })).json()).toEqual({
        result: null,
      });
      expect(await (await raw(`/set/${k}`, { method: "POST", body: '{"a":1}' })).json()).toEqual({ result: "OK" });
      expect(await redis.get(key("path / with?"))).toEqual({ a: 1 });
      const byQuery = await fetch(`${gateway.url}/ttl/${k}?_token=${gateway.token}`);
      expect(await byQuery.json()).toEqual({ result: -1 });
    });

    test.each([
      ["{", "failed to parse command"],
      ["[]", "failed to parse command"],
      ["{}", "failed to parse command"],
      ['["SET",["a"],"b"]', "failed to parse command"],
      ['["NOSUCHCOMMAND","x"]', "unknown command"],
      ['["GET"]', "wrong number of arguments"],
    ])("%s is a 400 with a reason", async (body, reason) => {
      const answer = await raw("/", { method: "POST", body });
      expect([answer.status, await answer.json()]).toEqual([
        400,
        { error: expect.stringMatching(new RegExp(reason, "i")) },
      ]);
    });

    test.each([
      "SUBSCRIBE x",
      "MULTI",
      "BLPOP x 0",
      "SELECT 1",
      "SHUTDOWN",
      "CONFIG GET *",
      "xread BLOCK 0 STREAMS x 0",
    ])("%s, which would harm the shared connection or the server, is refused", async (line) => {
      const answer = await raw("/", { method: "POST", body: JSON.stringify(line.split(" ")) });
      expect([answer.status, await answer.json()]).toEqual([400, { error: expect.stringContaining("not available") }]);
      expect(await redis.ping()).toBe("PONG");
    });

    test("hundreds of commands at once each get their own answer", async () => {
      const numbers = Array.from({ length: 300 }, (_, n) => n);
      const replies = await Promise.all(
        numbers.map((n) => redis.set(key(`many:${n}`), n).then(() => redis.get(key(`many:${n}`)))),
      );
      expect(replies).toEqual(numbers);
    });
  });
}

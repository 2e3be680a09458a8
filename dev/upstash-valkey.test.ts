// The embedded Valkey by itself, through ioredis: quick, private, quiet, and gone when it is closed.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { afterEach, expect, test } from "vitest";
import { startEmbeddedValkey, type EmbeddedValkey } from "./upstash-valkey.ts";

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function start(): Promise<EmbeddedValkey> {
  const valkey = await startEmbeddedValkey();
  cleanUps.push(() => valkey.close());
  return valkey;
}

function dial({ port, password }: { port: number; password?: string }): Redis {
  const auth = password === undefined ? {} : { password };
  const redis = new Redis({ port, host: "127.0.0.1", ...auth, retryStrategy: null, maxRetriesPerRequest: 0 });
  redis.on("error", () => {});
  cleanUps.push(() => redis.disconnect());
  return redis;
}

test("it is a real Valkey with the time of this machine", async () => {
  const redis = dial(await start());
  expect(await redis.info("server")).toContain("server_name:valkey");
  const [seconds] = await redis.time();
  expect(Math.abs(Number(seconds) - Date.now() / 1_000)).toBeLessThan(5);
});

test("whoever does not know the password gets nothing", async () => {
  const { port } = await start();
  await expect(dial({ port }).get("x")).rejects.toThrow(/NOAUTH|closed/);
  await expect(dial({ port, password: "wrong" }).get("x")).rejects.toThrow(/WRONGPASS|NOAUTH|closed/);
});

test("a thousand commands one after the other do not wait for a timer", async () => {
  const redis = dial(await start());
  // The package's own host takes 100 ms for each, which would be past the test's time limit five times over.
  for (let n = 1; n <= 1_000; n++) expect(await redis.incr("n")).toBe(n);
});

test("large values and many commands in one write go through", async () => {
  const redis = dial(await start());
  const value = Buffer.alloc(8 * 1024 * 1024, "🌊");
  await redis.set("large", value);
  expect((await redis.getBuffer("large"))?.equals(value)).toBe(true);
  const replies = await Promise.all(Array.from({ length: 20_000 }, () => redis.incr("many")));
  expect(replies.at(-1)).toBe(20_000);
});

test("a reader that does not read holds up nobody else", async () => {
  const valkey = await start();
  const quick = dial(valkey);
  const slow = dial(valkey);
  await quick.set("large", Buffer.alloc(4 * 1024 * 1024, 1));
  await slow.ping();
  slow.stream.pause();
  const waiting = Array.from({ length: 8 }, () => slow.getBuffer("large"));
  expect(await quick.ping()).toBe("PONG");
  slow.stream.resume();
  expect((await Promise.all(waiting)).map((reply) => reply?.length)).toEqual(Array(8).fill(4 * 1024 * 1024));
});

test("keys expire, scripts run and fail as they do in Redis", async () => {
  const redis = dial(await start());
  await redis.set("brief", "x", "PX", 20);
  await expect.poll(() => redis.dbsize()).toBe(0); // by Valkey's own clock, nobody reads the key
  expect(await redis.eval("return {1, 'two', {3}}", 0)).toEqual([1, "two", [3]]);
  await expect(redis.eval("error('on purpose')", 0)).rejects.toThrow("on purpose");
  await expect(redis.eval("return nope.nope", 0)).rejects.toThrow(/nope/);
});

test("two of them share nothing", async () => {
  const [one, two] = [dial(await start()), dial(await start())];
  await one.set("x", "1");
  expect(await two.get("x")).toBeNull();
});

test("closed, it closes its lines and its port, also twice", async () => {
  const valkey = await start();
  const redis = dial(valkey);
  await redis.ping();
  await valkey.close();
  await valkey.close();
  await expect(redis.ping()).rejects.toThrow();
  await expect(dial(valkey).ping()).rejects.toThrow();
});

test("a process that starts and closes one says nothing and ends by itself", async () => {
  const code = `import { startEmbeddedValkey } from "./dev/upstash-valkey.ts"; await (await startEmbeddedValkey()).close();`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code]);
  expect([stdout, stderr]).toEqual(["", ""]);
});

// The stack over a stand-in Worker: what workerd, the lock and the gateways do for any Worker. Brink itself is started
// by up.test.ts.

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { commandLineOf, startTimeOf } from "./processes.ts";
import type { LogLine } from "./runtime.ts";
import { type Stack, type StackOptions, startStack } from "./stack.ts";
import { formatVariables } from "./wrangler-dev.ts";

const root = join(import.meta.dirname, "fixtures", "stand-in");

function temporary(): string {
  const dir = mkdtempSync(join(tmpdir(), "brink-stack-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function start(options: Partial<StackOptions> = {}): Promise<Stack> {
  const stack = await startStack({ root, stateDir: temporary(), ...options });
  onTestFinished(() => stack.close());
  return stack;
}

const count = async ({ url }: Stack): Promise<unknown> => (await fetch(`${url}/count`)).json();

// For the tests that only look: making a database takes most of the time of a start.
let shared: Stack;
const lines: LogLine[] = [];
beforeAll(async () => {
  const stateDir = mkdtempSync(join(tmpdir(), "brink-stack-"));
  shared = await startStack({ root, stateDir, onLog: (line) => lines.push(line) });
  return async () => {
    await shared.close();
    rmSync(stateDir, { recursive: true });
  };
});

test("assets carry the rules of _headers, and a path that is none is the Worker's", async () => {
  const asset = await fetch(`${shared.url}/assets/app-0123abcd.js`);
  expect(asset.status).toBe(200);
  expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(asset.headers.get("x-content-type-options")).toBe("nosniff");
  expect(await asset.text()).toBe("export const answer = 42;\n");
  const missing = await fetch(`${shared.url}/assets/app-gone.js`);
  expect(missing.status).toBe(404);
  expect(await missing.text()).toBe("the Worker knows no such path");
});

test("the Worker is told where its services are, by their own names", async () => {
  const told: unknown = await (await fetch(`${shared.url}/api/config`)).json();
  expect(told).toEqual({
    BRINK_ENV: "local",
    SESSION_SECRET: shared.bindings["SESSION_SECRET"],
    DATABASE_URL: shared.database.connectionString,
    NEON_FETCH_ENDPOINT: shared.database.fetchEndpoint,
    UPSTASH_REDIS_REST_URL: shared.redis.url,
    UPSTASH_REDIS_REST_TOKEN: shared.redis.token,
    OPENAI_BASE_URL: shared.model?.url,
    OPENAI_API_KEY: "simulated",
    OPENAI_MODEL: "brink-simulated",
  });
});

test("what the Worker logs arrives with its level", async () => {
  await fetch(`${shared.url}/log`);
  await expect.poll(() => lines).toContainEqual({ level: "error", message: "said on stderr" });
  expect(lines).toContainEqual({ level: "log", message: "said on stdout" });
});

test("objects and secret outlive a restart, and objects a crash of workerd, whose new id is known", async () => {
  const stateDir = temporary();
  const first = await start({ stateDir, adjustBindings: (bindings) => ({ ...bindings, ADJUSTED: "by a test" }) });
  expect(await (await fetch(`${first.url}/api/config`)).json()).toMatchObject({ ADJUSTED: "by a test" });
  expect(await count(first)).toBe(1);
  await first.close();
  const secretPath = join(stateDir, "session-secret");
  expect(statSync(secretPath).mode & 0o777).toBe(0o600);
  expect(readFileSync(secretPath, "utf8").trim().length).toBeGreaterThanOrEqual(32);

  const second = await start({ stateDir });
  expect(second.bindings["SESSION_SECRET"]).toBe(first.bindings["SESSION_SECRET"]);
  const pid = second.workerdPid();
  expect(commandLineOf(pid)).toContain("workerd serve");
  process.kill(pid, "SIGKILL");
  await expect.poll(() => count(second).catch(() => "away")).toBe(2);
  const restarted = second.workerdPid();
  expect(restarted).not.toBe(pid);
  expect(startTimeOf(restarted)).toBeDefined();

  const { body } = await fetch(`${second.url}/endless`);
  await second.close();
  expect(startTimeOf(restarted)).toBeUndefined();
  await expect(new Response(body).bytes()).rejects.toThrow();
  expect(existsSync(join(stateDir, "lock"))).toBe(false);
});

test("a start that fails half-way leaves the folder free", async () => {
  const stateDir = temporary();
  const taken = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await expect.poll(() => taken.address()).not.toBeNull();
  const { port } = taken.address() as AddressInfo;
  await expect(start({ stateDir, port })).rejects.toThrow(`Port ${port} is taken by another program`);
  const unreachable = { databaseUrl: `postgres://u:hunter2@127.0.0.1:${port}/b`, redisUrl: undefined };
  const variables = { provider: undefined, bindings: {}, notes: [], ...unreachable };
  await expect(start({ stateDir, variables })).rejects.toThrow(/^Postgres at (?!.*hunter2).* cannot be used/);
  expect(existsSync(join(stateDir, "lock"))).toBe(false);
});

test("a start that is given up ends early and leaves the folder free", async () => {
  const stateDir = temporary();
  const stopping = new AbortController();
  const starting = start({ stateDir, signal: stopping.signal });
  stopping.abort();
  await expect(starting).rejects.toThrow("This operation was aborted");
  expect(existsSync(join(stateDir, "lock"))).toBe(false);
});

test("under wrangler dev the same objects are there, and a change is served without a restart", async () => {
  const [stateDir, copy] = [temporary(), temporary()];
  cpSync(root, copy, { recursive: true });
  const built = await start({ root: copy, stateDir });
  expect(await count(built)).toBe(1);
  await built.close();

  const watched = await start({ root: copy, stateDir, watch: true });
  expect(await count(watched)).toBe(2);
  const module = join(copy, "worker", "index.js");
  writeFileSync(module, readFileSync(module, "utf8").replace("knows no such path", "has changed"));
  const ask = async () => (await fetch(`${watched.url}/nowhere`)).text();
  await expect.poll(ask, { timeout: 15_000 }).toBe("the Worker has changed");
  const pids = readFileSync(join(stateDir, "lock"), "utf8").matchAll(/^child (\d+) /gm);
  const children = [...pids].map(([, pid]) => Number(pid));
  expect(children.length).toBeGreaterThanOrEqual(2);
  await watched.close();
  expect(children.filter((pid) => startTimeOf(pid) !== undefined)).toEqual([]);
}, 60_000); // Two starts, one of them wrangler's own, and up to 15 s for the change.

test("wrangler reads back every value that it is given, whatever is in it", async () => {
  const path = join(temporary(), "variables");
  const given = { A: "plain", B: 'a "b" c', C: "it's", D: "$HOME ${PATH} $$", E: "a#b = c\\n d", F: "", G: " spaced " };
  writeFileSync(path, formatVariables(given));
  const { unstable_getVarsForDev: read } = createRequire(import.meta.url)("wrangler");
  const values = Object.entries<{ value: string }>(read(undefined, [path], {}, undefined, true));
  expect(Object.fromEntries(values.map(([name, { value }]) => [name, value]))).toEqual(given);
});

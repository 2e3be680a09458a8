// The real Postgres and Redis of this machine, where they answer: a database of our own for one suite, dropped at its
// end, and a Redis index of our own. Where one does not answer, its suites are skipped and say so.

import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import pg from "pg";

const postgresUrl = new URL(process.env["TEST_POSTGRES_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres");
const redisUrl = new URL(process.env["TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379");
const REDIS_INDEX = 9; // Not the one that somebody at this machine works with.

export type TestPostgres = {
  url: string;
  query(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
};
export type TestRedis = { url: string; keys(pattern: string): Promise<string[]>; clear(): Promise<void> };

export const hasPostgres = await askPostgres();
export const hasRedis = await askRedis();
const missing = [
  ...(hasPostgres ? [] : [`skipped: no Postgres at ${postgresUrl.hostname}:${postgresUrl.port || 5432}`]),
  ...(hasRedis ? [] : [`skipped: no Redis at ${redisUrl.host}`]),
];
/** For the title of a suite that is skipped; empty where nothing is. */
export const skipReason = missing.length === 0 ? "" : ` (${missing.join(", ")})`;
for (const line of missing) console.log(line);

export async function createPostgres(): Promise<TestPostgres> {
  const name = `brink_e2e_${randomBytes(6).toString("hex")}`;
  await asAdmin(`CREATE DATABASE ${name} TEMPLATE template0`);
  const url = new URL(`/${name}`, postgresUrl).href;
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on("error", () => undefined);
  return {
    url,
    query: async (text, values = []) => (await pool.query<Record<string, unknown>>(text, values)).rows,
    async drop() {
      await pool.end();
      await asAdmin(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

export async function createRedis(): Promise<TestRedis> {
  const url = new URL(`/${REDIS_INDEX}`, redisUrl).href;
  const redis = new Redis(url);
  const before = new Set(await redis.keys("*"));
  return {
    url,
    keys: async (pattern) => (await redis.keys(pattern)).filter((key) => !before.has(key)),
    async clear() {
      const ours = (await redis.keys("brink:*")).filter((key) => !before.has(key));
      if (ours.length > 0) await redis.del(...ours);
      redis.disconnect();
    },
  };
}

async function asAdmin(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl.href, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query(text);
  } finally {
    await client.end();
  }
}

function askPostgres(): Promise<boolean> {
  return asAdmin("SELECT 1").then(
    () => true,
    () => false,
  );
}

async function askRedis(): Promise<boolean> {
  const redis = new Redis(redisUrl.href, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 2_000 });
  redis.on("error", () => undefined);
  try {
    await redis.connect();
    return (await redis.ping()) === "PONG";
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

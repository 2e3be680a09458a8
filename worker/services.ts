// The one place where adapters are constructed, once an isolate: what they need is passed in, what they offer is joined.

import { type Config, type Env, parseConfig } from "./env.ts";
import { withResponseCache } from "./llm/with-response-cache.ts";
import { createOpenAiProvider } from "./llm/openai-compatible.ts";
import type { Provider } from "./llm/provider.ts";
import type { Archive, OutboxWriter } from "./core/owed.ts";
import { createArchive } from "./postgres/archive.ts";
import { createDatabase, type Database } from "./postgres/client.ts";
import { createOutboxWriter } from "./postgres/outbox-writer.ts";
import { createRedis } from "./redis/client.ts";
import { createRateLimiter, type RateLimiter, unlimited } from "./redis/rate-limiter.ts";
import { createResponseCache } from "./redis/response-cache.ts";
import { createLog, type Log } from "./telemetry/log.ts";
import type { Redis } from "@upstash/redis/cloudflare";

export type Services = {
  config: Config;
  log: Log;
  provider: Provider;
  limiter: RateLimiter;
  database: Database;
  redis: Redis;
  outboxWriter: OutboxWriter;
  archive: Archive;
  now: () => number;
  random: () => number;
};

const built = new WeakMap<Env, Services>();
let latest: { signature: Env; services: Services } | null = null;

/**
 * The services of this isolate. workerd hands the Worker and each object an `env` of their own with the same content, so
 * they are kept by the variables' values, not only by identity.
 * @throws ConfigError when the variables do not say what is needed.
 */
export function servicesOf(env: Env): Services {
  const known = built.get(env);
  if (known !== undefined) return known;
  const services =
    latest !== null && isSameEnv(latest.signature, env) ? latest.services : createServices(parseConfig(env));
  latest = { signature: env, services };
  built.set(env, services);
  return services;
}

function isSameEnv(a: Env, b: Env): boolean {
  const variables = (env: Env) => Object.entries(env).filter(([, value]) => typeof value === "string");
  const of = variables(a);
  return of.length === variables(b).length && of.every(([name, value]) => b[name] === value);
}

function createServices(config: Config): Services {
  const log = createLog(config.logLevel);
  const now = () => Date.now();
  const redis = createRedis(config.redis);
  const database = createDatabase(config.database);
  const cache = createResponseCache(redis, (error) => log.error("cache_failed", { error: nameOf(error) }));
  const onFailure = (error: unknown) => log.error("limiter_failed", { error: nameOf(error) });
  return {
    config,
    log,
    provider: withResponseCache(createOpenAiProvider({ ...config.provider, now }), cache, config.provider.baseUrl),
    limiter: config.quota === null ? unlimited : createRateLimiter({ redis, quota: config.quota, now, onFailure }),
    database,
    redis,
    outboxWriter: createOutboxWriter(database),
    archive: createArchive(database),
    now,
    random: () => Math.random(),
  };
}

/** Errors of the Redis client carry keys and values; only their name is fit for a log. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

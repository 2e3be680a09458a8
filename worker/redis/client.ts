// The one place that makes an Upstash client, with the defaults that must not stand replaced.

import { Redis } from "@upstash/redis/cloudflare";

export type RedisConfig = { url: string; token: string };

// A verdict stands between a person and the first token; past this the local limit answers for Redis.
const REDIS_TIMEOUT_MS = 1_000;

export function createRedis({ url, token }: RedisConfig): Redis {
  return new Redis({
    url,
    token,
    retry: false, // Five by default, 4.3 s in all: we fall back instead.
    // A function: an aborted plain signal resolves to null, which reads as "no".
    signal: () => AbortSignal.timeout(REDIS_TIMEOUT_MS),
    // Commands of one turn travel as one request: a verdict is one round trip.
    enableAutoPipelining: true,
    enableTelemetry: false,
    automaticDeserialization: false,
    latencyLogging: false,
  });
}

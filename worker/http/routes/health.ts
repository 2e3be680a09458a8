// Alive, and ready: the first asks nobody; the second asks each of the three that Brink leans on, at most every 10 s.

import { Hono } from "hono";
import type { ReadyAnswer } from "../../../protocol/api.ts";
import { pingDatabase } from "../../postgres/conversations.ts";
import type { Services } from "../../services.ts";
import type { AppEnv } from "../app-env.ts";

const FRESH_MS = 10_000;
const PROBE_TIMEOUT_MS = 3_000;

type Probe = ReadyAnswer["database"];
let latest: { at: number; answer: Promise<ReadyAnswer> } | null = null;

export const health = new Hono<AppEnv>().get("/healthz", (c) => c.json({ status: "ok" }));

export const readiness = new Hono<AppEnv>().get("/readyz", async (c) => {
  const services = c.get("services");
  const now = services.now();
  if (latest === null || now - latest.at > FRESH_MS) {
    latest = { at: now, answer: probeAll(services) };
    // Others wait for it too: it goes on when who asked for it is gone.
    c.executionCtx.waitUntil(latest.answer);
  }
  const answer = await latest.answer;
  const isReady = Object.values(answer).every(({ state }) => state === "ok");
  return c.json(answer, isReady ? 200 : 503, { "Cache-Control": "no-store" });
});

async function probeAll({ database, redis, config, now }: Services): Promise<ReadyAnswer> {
  const [databaseState, redisState, providersState] = await Promise.all([
    probe(now, () => pingDatabase(database)),
    probe(now, () => redis.ping()),
    probe(now, () => probeProvider(config.provider.baseUrl, config.provider.apiKey)),
  ]);
  return { database: databaseState, redis: redisState, providers: providersState };
}

async function probe(now: () => number, ask: () => Promise<unknown>): Promise<Probe> {
  const start = now();
  try {
    await ask();
    return { state: "ok", latencyMs: now() - start };
  } catch {
    return { state: "failing", latencyMs: null };
  }
}

async function probeProvider(baseUrl: string, apiKey: string): Promise<void> {
  const response = await fetch(`${baseUrl.replace(/\/$/, "")}/models`, {
    headers: { Authorization: `Bearer ${apiKey}` },
    redirect: "manual",
    signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
  });
  await response.body?.cancel();
  // Not every provider lists its models; one that answers at all is there, unless it says that it is not well.
  if (response.status >= 500 || response.status === 401) throw new Error(`status ${response.status}`);
}

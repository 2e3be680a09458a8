// Vitest's global set-up for the tests inside workerd: the gateways and the simulated model, in memory, for one run.

import type { TestProject } from "vitest/node";
import { join } from "node:path";
import { migrate } from "./migrate.ts";
import { startNeonGateway } from "./neon-gateway.ts";
import { SIMULATED_MODEL, startSimulatedLlm } from "./simulated-llm.ts";
import { startUpstashGateway } from "./upstash-gateway.ts";

declare module "vitest" {
  // eslint-disable-next-line typescript/consistent-type-definitions
  interface ProvidedContext {
    bindings: Record<string, string>;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const [database, redis, model] = await Promise.all([
    startNeonGateway({ engine: { type: "embedded" } }),
    startUpstashGateway({ engine: { type: "embedded" } }),
    startSimulatedLlm(),
  ]);
  await migrate(database, join(import.meta.dirname, "..", "migrations"));
  project.provide("bindings", {
    BRINK_ENV: "local",
    SESSION_SECRET: "a secret for tests, of forty-two bytes ....",
    DATABASE_URL: database.connectionString,
    NEON_FETCH_ENDPOINT: database.fetchEndpoint,
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    OPENAI_BASE_URL: model.url,
    OPENAI_API_KEY: "simulated",
    OPENAI_MODEL: SIMULATED_MODEL,
    LIMITS: "user=1000,ip=100000,live=3",
    LOG_LEVEL: "error",
  });
  return async () => {
    await Promise.all([database.close(), redis.close(), model.close()]);
  };
}

// The gateways, the simulated model and the recorded streams, in memory, in a process of their own, for one run of the
// tests inside workerd: prints the Worker's bindings as one line of JSON, and ends when its standard input does.

import { once } from "node:events";
import { join } from "node:path";
import { startCutStreams } from "./cut-streams.ts";
import { migrate } from "./migrate.ts";
import { startNeonGateway } from "./neon-gateway.ts";
import { SIMULATED_MODEL, startSimulatedLlm } from "./simulated-llm.ts";
import { startUpstashGateway } from "./upstash-gateway.ts";

const [database, redis, model, cutStreams] = await Promise.all([
  startNeonGateway({ engine: { type: "embedded" } }),
  startUpstashGateway({ engine: { type: "embedded" } }),
  startSimulatedLlm(),
  startCutStreams(),
]);
await migrate(database, join(import.meta.dirname, "..", "migrations"));
const bindings = {
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
  CUT_STREAMS_URL: cutStreams.url,
};
process.stdout.write(`${JSON.stringify(bindings)}\n`);
process.stdin.resume();
await once(process.stdin, "end");
await Promise.all([database.close(), redis.close(), model.close(), cutStreams.close()]);

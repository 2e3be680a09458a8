// The three services that the Worker talks to, each behind the protocol of the real one, and what the Worker is told of
// them: only URLs and secrets differ from production.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { migrate } from "./migrate.ts";
import { type NeonGateway, startNeonGateway } from "./neon-gateway.ts";
import { SIMULATED_MODEL, type SimulatedLlm, startSimulatedLlm } from "./simulated-llm.ts";
import { reasonOf, StartError } from "./start-error.ts";
import { startUpstashGateway, type UpstashGateway } from "./upstash-gateway.ts";
import type { Variables } from "./variables.ts";

export type Bindings = Record<string, string>;

export type Services = {
  database: NeonGateway;
  redis: UpstashGateway;
  /** Undefined where the variables name a real provider. */
  model: SimulatedLlm | undefined;
};

export type ServicesOptions = {
  variables: Variables;
  databaseDir: string;
  migrationsDir: string;
  latencyMs: { database?: number; redis?: number };
};

/** Each part is handed to `own` as soon as it stands, for whoever closes it, be it because another failed. */
export async function startServices(
  { variables, databaseDir, migrationsDir, latencyMs }: ServicesOptions,
  own: (part: { close(): Promise<void> }) => void,
): Promise<Services> {
  const owned = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting;
    own(part);
    return part;
  };
  const starting = [
    owned(startDatabase(variables.databaseUrl, databaseDir, latencyMs.database)),
    owned(startRedis(variables.redisUrl, latencyMs.redis)),
    variables.provider === undefined ? owned(startSimulatedLlm()) : undefined,
  ] as const;
  // Whatever fails, the others are waited for: nothing may start behind the back of its owner.
  await Promise.allSettled(starting);
  const [database, redis, model] = await Promise.all(starting);
  if (existsSync(join(migrationsDir, "meta", "_journal.json"))) {
    await migrate(database, migrationsDir).catch((cause: unknown) => {
      throw new StartError(`The database could not be migrated: ${reasonOf(cause)}.`, { cause });
    });
  }
  return { database, redis, model };
}

export function bindingsOf({ database, redis, model }: Services, variables: Variables, secret: string): Bindings {
  const provider = variables.provider ?? { baseUrl: model?.url ?? "", apiKey: "simulated", model: SIMULATED_MODEL };
  return {
    ...variables.bindings,
    BRINK_ENV: "local",
    SESSION_SECRET: secret,
    DATABASE_URL: database.connectionString,
    NEON_FETCH_ENDPOINT: database.fetchEndpoint,
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    OPENAI_BASE_URL: provider.baseUrl,
    OPENAI_API_KEY: provider.apiKey,
    OPENAI_MODEL: provider.model,
  };
}

// The gateways say in one sentence, without a secret, why they cannot start.

async function startDatabase(url: string | undefined, dir: string, latencyMs = 0): Promise<NeonGateway> {
  try {
    const engine = url === undefined ? { type: "embedded" as const, dir } : { type: "server" as const, url };
    return await startNeonGateway({ engine, latencyMs });
  } catch (cause) {
    const advice = url === undefined ? `; move ${dir} away to begin with an empty database` : "";
    throw new StartError(`${reasonOf(cause)}${advice}.`, { cause });
  }
}

async function startRedis(url: string | undefined, latencyMs = 0): Promise<UpstashGateway> {
  try {
    const engine = url === undefined ? { type: "embedded" as const } : { type: "server" as const, url };
    return await startUpstashGateway({ engine, latencyMs });
  } catch (cause) {
    throw new StartError(`${reasonOf(cause)}.`, { cause });
  }
}

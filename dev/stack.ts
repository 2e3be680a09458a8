// The cloud at home: a database, a Redis and a model behind the protocols of the real services, and the Worker in
// workerd, which cannot tell the difference. `npm start`, the benches and the end-to-end tests all start it here.
// It starts whole or not at all, and everything it started is stopped in order: the Worker first, the lock last.

import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { buildBrink } from "./build.ts";
import { acquireLock } from "./lock.ts";
import { migrate } from "./migrate.ts";
import { type NeonGateway, startNeonGateway } from "./neon-gateway.ts";
import { type LogLine, startRuntime } from "./runtime.ts";
import { readSessionSecret } from "./session-secret.ts";
import { SIMULATED_MODEL, type SimulatedLlm, startSimulatedLlm } from "./simulated-llm.ts";
import { reasonOf, StartError } from "./start-error.ts";
import { startUpstashGateway } from "./upstash-gateway.ts";
import { parseVariables, type Variables } from "./variables.ts";
import { startWranglerDev } from "./wrangler-dev.ts";

export type Bindings = Record<string, string>;

export type StackOptions = {
  stateDir: string;
  /** Absent or 0: any free one. */
  port?: number;
  /** Absent: none are set, so database, Redis and model are our own. */
  variables?: Variables;
  /** Added to every request to a gateway: services that are that far away. */
  latencyMs?: { database?: number; redis?: number };
  /** Has the last word on what the Worker is told, so that a test can put a proxy before any service. */
  adjustBindings?: (bindings: Bindings) => Bindings | Promise<Bindings>;
  /** Under `wrangler dev`, rebuilt on change, in place of the production build. */
  watch?: boolean;
  /** The folder of wrangler.toml and migrations/; absent: this repository. */
  root?: string;
  /** Ends a start that is under way; a stack that stands is ended by `close`. */
  signal?: AbortSignal;
  onLog?: (line: LogLine) => void;
  onProgress?: (sentence: string) => void;
};

export type Stack = {
  url: string;
  bindings: Bindings;
  database: NeonGateway;
  redis: { url: string; token: string };
  /** Undefined where `variables` name a real provider. */
  model: SimulatedLlm | undefined;
  /** The workerd that runs now: after a crash another one than before. */
  workerdPid(): number;
  close(): Promise<void>;
};

const REPOSITORY = join(import.meta.dirname, "..");
const BUILDS = join(REPOSITORY, "node_modules", ".cache", "brink");
const ANSWER_MS = 20_000; // A first request compiles the Worker; a loaded machine takes seconds for it.

export async function startStack(options: StackOptions): Promise<Stack> {
  const { stateDir, port = 0, root = REPOSITORY, latencyMs = {}, watch = false } = options;
  const { variables = parseVariables({}), onLog = () => undefined, onProgress = () => undefined } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  await using parts = new AsyncDisposableStack();
  const keep = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting.catch((error: unknown) => Promise.reject(toStartError(error)));
    parts.defer(() => part.close());
    return part;
  };

  const lock = await acquireLock(stateDir);
  parts.defer(async () => lock.release());
  await checkPort(port);
  const secret = readSessionSecret(stateDir);

  const starting = [
    keep(startDatabase(variables, stateDir, latencyMs.database)),
    keep(startRedis(variables, latencyMs.redis)),
    variables.provider === undefined ? keep(startSimulatedLlm()) : undefined,
    watch ? undefined : buildBrink({ root, cacheDir: BUILDS, signal, onBuilding }),
  ] as const;
  function onBuilding(): void {
    onProgress("Building the web app and the Worker: once, until their sources change.");
  }
  const [database, redis, model, build] = await Promise.all(starting).catch(async (error: unknown) => {
    failed.abort();
    await Promise.allSettled(starting);
    throw error;
  });
  const migrations = join(root, "migrations");
  if (existsSync(join(migrations, "meta", "_journal.json"))) {
    await migrate(database, migrations).catch((cause: unknown) => {
      throw new StartError(`The database could not be migrated: ${reasonOf(cause)}.`, { cause });
    });
  }

  const provided = variables.provider ?? { baseUrl: model?.url ?? "", apiKey: "simulated", model: SIMULATED_MODEL };
  const bindings = await (options.adjustBindings ?? ((unchanged: Bindings) => unchanged))({
    ...variables.bindings,
    BRINK_ENV: "local",
    SESSION_SECRET: secret,
    DATABASE_URL: database.connectionString,
    NEON_FETCH_ENDPOINT: database.fetchEndpoint,
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    OPENAI_BASE_URL: provided.baseUrl,
    OPENAI_API_KEY: provided.apiKey,
    OPENAI_MODEL: provided.model,
  });
  signal.throwIfAborted();
  // "v3" is wrangler's own name for it; `npm start` and `npm run dev` share it.
  const worker = { port, bindings, objectsDir: join(stateDir, "objects", "v3"), lock, onLog };
  const runtime = await keep(
    build === undefined ? startWranglerDev({ ...worker, root, stateDir, signal }) : startRuntime({ ...worker, build }),
  );
  await checkAnswer(runtime.url, signal);

  const started = parts.move();
  return {
    url: runtime.url,
    bindings,
    database,
    redis,
    model,
    workerdPid: () => lock.children().at(-1)?.pid ?? 0,
    close: () => started.disposeAsync(),
  };
}

function startDatabase({ databaseUrl }: Variables, stateDir: string, latencyMs = 0): Promise<NeonGateway> {
  if (databaseUrl !== undefined) return startNeonGateway({ engine: { type: "server", url: databaseUrl }, latencyMs });
  const dir = join(stateDir, "postgres");
  return startNeonGateway({ engine: { type: "embedded", dir }, latencyMs }).catch((cause: unknown) => {
    throw new StartError(`${reasonOf(cause)}; move ${dir} away to begin with an empty database.`, { cause });
  });
}

function startRedis({ redisUrl }: Variables, latencyMs = 0): ReturnType<typeof startUpstashGateway> {
  return startUpstashGateway({
    engine: redisUrl === undefined ? { type: "embedded" } : { type: "server", url: redisUrl },
    latencyMs,
  });
}

/** Asked before anything slow is done; workerd would say so too, half a minute later. */
async function checkPort(port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    server.close();
    await once(server, "close");
  } catch (cause) {
    const isTaken = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
    const why = isTaken ? "is taken by another program" : `cannot be used (${reasonOf(cause)})`;
    throw new StartError(`Port ${port} ${why}: choose another with --port N.`, { cause });
  }
}

/** The first call that needs every variable; a Worker that refuses one logs which, and why. */
async function checkAnswer(url: string, signal: AbortSignal): Promise<void> {
  const ask = fetch(`${url}/api/config`, { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) });
  const response = await ask.catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new StartError(`The Worker does not answer: ${reasonOf(cause)}.`, { cause });
  });
  await response.body?.cancel();
  if (!response.ok) throw new StartError(`The Worker answers GET /api/config with ${response.status}.`);
}

/** The parts say in one sentence why they cannot start. */
function toStartError(cause: unknown): unknown {
  const isSaid = !(cause instanceof Error) || cause instanceof StartError || cause.name === "AbortError";
  return isSaid ? cause : new StartError(`${reasonOf(cause)}.`, { cause });
}

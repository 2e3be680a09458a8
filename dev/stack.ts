// The cloud at home: a database, a Redis and a model behind the protocols of the real services, and the Worker in
// workerd, which cannot tell the difference. `npm start`, the benches and the end-to-end tests all start it here.
// It starts whole or not at all, and everything it started is stopped in order: the Worker first, the lock last.

import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { buildBrink } from "./build.ts";
import { acquireLock } from "./lock.ts";
import { type LogLine, startRuntime } from "./runtime.ts";
import { type Bindings, bindingsOf, type Services, startServices } from "./services.ts";
import { readSessionSecret } from "./session-secret.ts";
import { reasonOf, StartError } from "./start-error.ts";
import { parseVariables, type Variables } from "./variables.ts";
import { startWranglerDev } from "./wrangler-dev.ts";

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

export type Stack = Services & {
  url: string;
  bindings: Bindings;
  /** The workerd that runs now: after a crash another one than before. */
  workerdPid(): number;
  close(): Promise<void>;
};

const REPOSITORY = join(import.meta.dirname, "..");
const BUILDS = join(REPOSITORY, "node_modules", ".cache", "brink");
const ANSWER_MS = 20_000; // A first request compiles the Worker; a loaded machine takes seconds for it.

/** Throws a StartError where what it was given, or the machine, does not allow it. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { stateDir, port = 0, root = REPOSITORY, latencyMs = {}, variables = parseVariables({}) } = options;
  const { watch = false, onLog = () => undefined, onProgress = () => undefined } = options;
  const failed = new AbortController();
  const signal = options.signal === undefined ? failed.signal : AbortSignal.any([failed.signal, options.signal]);
  await using parts = new AsyncDisposableStack();
  const own = (part: { close(): Promise<void> }) => parts.defer(() => part.close());

  const lock = await acquireLock(stateDir);
  parts.defer(async () => lock.release());
  await checkPort(port);
  const secret = readSessionSecret(stateDir);
  const [services, build] = await bothOrNeither(
    failed,
    startServices(
      { variables, databaseDir: join(stateDir, "postgres"), migrationsDir: join(root, "migrations"), latencyMs },
      own,
    ),
    watch ? Promise.resolve(undefined) : buildBrink({ root, cacheDir: BUILDS, signal, onBuilding }),
  );
  function onBuilding(): void {
    onProgress("Building the web app and the Worker: once, until their sources change.");
  }

  const defaults = bindingsOf(services, variables, secret);
  const bindings = (await options.adjustBindings?.(defaults)) ?? defaults;
  signal.throwIfAborted();
  // "v3" is wrangler's own name for it; `npm start` and `npm run dev` share it.
  const worker = { port, bindings, objectsDir: join(stateDir, "objects", "v3"), lock, onLog };
  const runtime = await (build === undefined
    ? startWranglerDev({ ...worker, root, stateDir, signal })
    : startRuntime({ ...worker, build }));
  own(runtime);
  await checkAnswer(runtime.url, signal);

  const started = parts.move();
  return {
    ...services,
    url: runtime.url,
    bindings,
    workerdPid: () => lock.children().at(-1)?.pid ?? 0,
    close: () => started.disposeAsync(),
  };
}

/** The one that fails ends the other, and is what is told; neither goes on unobserved. */
async function bothOrNeither<A, B>(failed: AbortController, a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  try {
    return await Promise.all([a, b]);
  } catch (error) {
    failed.abort();
    await Promise.allSettled([a, b]);
    throw error;
  }
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

// The production build in workerd, with its Durable Objects and assets: workerd itself listens on the port, and no
// request passes through this process. A workerd that crashes is started again, on the same port and data.

import { createRequire } from "node:module";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { type Build, workerOptionsOf } from "./build.ts";
import type { Lock } from "./lock.ts";

export type LogLine = { level: string; message: string };

export type RuntimeOptions = {
  build: Build;
  port: number;
  bindings: Record<string, string>;
  objectsDir: string;
  lock: Lock;
  onLog: (line: LogLine) => void;
};

export type Runtime = { url: string; close(): Promise<void> };

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

// workerd is Miniflare's dependency, not ours.
const requireFromMiniflare = createRequire(createRequire(import.meta.url).resolve("miniflare"));

export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { MINIFLARE_WORKERD_PATH, ...environment } = workerdEnvironment(options.lock);
  // Read whenever workerd is spawned; the same for every stack in this process.
  process.env["MINIFLARE_WORKERD_PATH"] = MINIFLARE_WORKERD_PATH;
  const before = new Map(SIGNALS.map((signal) => [signal, new Set(process.listeners(signal))]));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: options.port,
      resourcePersistencePath: options.objectsDir,
      log: createLog(options.onLog),
      handleStructuredLogs: ({ level, message }) => options.onLog({ level, message }),
      unsafeRuntimeEnv: environment,
      workers: [workerOptionsOf(options.build, options.bindings)],
      // Each of these would call home, or send every request by way of this process.
      cf: false,
      logRequests: false,
      telemetry: { enabled: false },
    }),
  );
  // Miniflare's own listeners end this process at once, with a code that is not 0 and everything else still open.
  for (const [signal, known] of before) {
    for (const listener of process.listeners(signal)) if (!known.has(listener)) process.off(signal, listener);
  }
  try {
    const { origin } = await miniflare.ready;
    return { url: origin, close: () => miniflare.dispose() };
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
}

/** Makes Miniflare, here or in wrangler, start workerd by way of `workerd.sh`. */
export function workerdEnvironment(
  lock: Lock,
): Record<"MINIFLARE_WORKERD_PATH" | "BRINK_LOCK" | "BRINK_WORKERD", string> {
  const { default: path } = requireFromMiniflare("workerd");
  return {
    MINIFLARE_WORKERD_PATH: join(import.meta.dirname, "workerd.sh"),
    BRINK_LOCK: lock.path,
    BRINK_WORKERD: String(path),
  };
}

function createLog(onLog: (line: LogLine) => void): Log {
  return new (class extends Log {
    override logWithLevel(level: LogLevel, message: string): void {
      if (level <= LogLevel.WARN) onLog({ level: level === LogLevel.ERROR ? "error" : "warn", message });
    }
  })(LogLevel.WARN);
}

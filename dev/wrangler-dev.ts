// The same Worker under `wrangler dev`, for `npm run dev`: rebuilt and reloaded on every change, the web app by the
// build command of `wrangler.toml`. It keeps its objects where `npm start` does, so both show the same conversations.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import type { Lock } from "./lock.ts";
import { QUIET_TOOLS } from "./run-tool.ts";
import { type LogLine, type Runtime, workerdEnvironment } from "./runtime.ts";
import { StartError } from "./start-error.ts";

export type WranglerDevOptions = {
  root: string;
  stateDir: string;
  port: number;
  bindings: Record<string, string>;
  objectsDir: string;
  lock: Lock;
  signal: AbortSignal;
  onLog: (line: LogLine) => void;
};

const STOP_MS = 4_000; // Wrangler ends in a tenth of a second; `npm run dev` must be gone within ten.

export async function startWranglerDev(options: WranglerDevOptions): Promise<Runtime> {
  const { root, stateDir, port, bindings, objectsDir, lock, signal, onLog } = options;
  // A file and not the command line, which every process on the machine may read.
  const variablesPath = join(stateDir, "dev-variables");
  writeFileSync(variablesPath, formatVariables(bindings), { mode: 0o600 });
  const cli = createRequire(import.meta.url).resolve("wrangler");
  const args = ["--no-warnings", cli, "dev", "--config", join(root, "wrangler.toml"), "--env-file", variablesPath];
  args.push("--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0");
  // Miniflare's folder is the one that wrangler makes under its own.
  args.push("--persist-to", dirname(objectsDir), "--show-interactive-dev-session=false", "--types=false");
  const env = {
    ...process.env,
    ...QUIET_TOOLS,
    ...workerdEnvironment(lock),
    WRANGLER_REGISTRY_PATH: join(stateDir, "dev-registry"),
  };
  // A group of its own: control-C in a terminal reaches this process alone, which then stops the rest in order.
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  if (child.pid !== undefined) lock.addChild(child.pid);
  const endGroup = () => killGroup(child);
  process.once("exit", endGroup);
  const stop = async () => {
    await endGently(child);
    endGroup();
    process.off("exit", endGroup);
    rmSync(variablesPath, { force: true });
  };
  try {
    const url = await readUrl(child, onLog, signal);
    const tell = () => onLog({ level: "error", message: "wrangler dev ended by itself: stop this, and start again." });
    child.once("exit", tell);
    return {
      url,
      close() {
        child.off("exit", tell);
        return stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Resolves with the address once wrangler says that it listens; what it says goes on to the log, then and later. */
function readUrl(child: ChildProcess, onLog: (line: LogLine) => void, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new StartError(`wrangler dev ended with code ${code}.`)));
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    const follow = (input: NodeJS.ReadableStream | null, level: string) => {
      if (input === null) return;
      createInterface({ input }).on("line", (message) => {
        if (message.trim() === "") return;
        onLog({ level, message });
        const [, url] = /Ready on (http:\/\/\S+)/.exec(message) ?? [];
        if (url !== undefined) resolve(url);
      });
    };
    follow(child.stdout, "info");
    follow(child.stderr, "error");
  });
}

async function endGently(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await Promise.race([exit, setTimeout(STOP_MS, undefined, { ref: false })]);
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing is left of it.
  }
}

/** As dotenv reads it back: double quotes would turn \n into a line break, and a $ would name another variable. */
export function formatVariables(variables: Record<string, string>): string {
  const lines = Object.entries(variables).map(([name, value]) => {
    const quote = ["'", "`", '"'].find((mark) => !value.includes(mark));
    if (quote === undefined) throw new StartError(`${name} holds all three kinds of quotes: wrangler cannot take it.`);
    return `${name}=${quote}${value.replaceAll("$", "\\$")}${quote}`;
  });
  return `${lines.join("\n")}\n`;
}

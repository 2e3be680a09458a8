// workerd by itself, with one Worker in it and nothing beside. Miniflare puts Workers of its own before and behind every
// Worker (entry, router, outbound), and more of them around Brink, which has assets, than around the pipe: none of them
// is in a deployment, and their CPU and memory would be counted as ours.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import * as z from "zod/mini";
import type { LogLine } from "../../dev/runtime.ts";

export type WorkerdOptions = {
  /** The Worker's only module, as an absolute path. */
  modulePath: string;
  compatibilityDate: string;
  compatibilityFlags: string[];
  bindings: Record<string, string>;
  objects: Objects | null;
};

/** The Worker's Durable Objects: how it calls them, and the folder in which they are kept. */
type Objects = { binding: string; className: string; dir: string };

export type Workerd = { url: string; pid: number; close(): Promise<void> };

const CLOSE_MS = 3_000; // Sooner than who closes us gives up.

// workerd is Miniflare's dependency, not ours.
const requireFromMiniflare = createRequire(createRequire(import.meta.url).resolve("miniflare"));

export async function startWorkerd(options: WorkerdOptions, onLog: (line: LogLine) => void): Promise<Workerd> {
  const { default: path } = requireFromMiniflare("workerd");
  if (options.objects !== null) mkdirSync(options.objects.dir, { recursive: true });
  const dir = mkdtempSync(join(tmpdir(), "brink-workerd-"));
  const configPath = join(dir, "workerd.capnp");
  writeFileSync(configPath, describe(options), { mode: 0o600 }); // It holds secrets.
  // Modules are embedded by their absolute paths.
  const args = ["serve", "--experimental", "--import-path=/", "--control-fd=3", configPath];
  const child = spawn(String(path), args, { stdio: ["ignore", "pipe", 2, "pipe"] });
  readLog(child, onLog);
  const port = await readPort(child)
    .catch((error: unknown) => {
      child.kill("SIGKILL");
      throw error;
    })
    .finally(() => rmSync(dir, { recursive: true }));
  return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, close: () => end(child) };
}

/** workerd's configuration. Cap'n Proto writes its strings as JSON does, as long as they are ASCII. */
function describe({ modulePath, compatibilityDate, compatibilityFlags, bindings, objects }: WorkerdOptions): string {
  const text = JSON.stringify;
  const values = Object.entries(bindings).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`);
  const classes =
    objects === null
      ? { binding: [], storage: "", disk: "" }
      : {
          binding: [`(name = ${text(objects.binding)}, durableObjectNamespace = ${text(objects.className)})`],
          storage: `durableObjectNamespaces = [
        (className = ${text(objects.className)}, uniqueKey = ${text(objects.className)}, enableSql = true)
      ],
      durableObjectStorage = (localDisk = "objects"),`,
          disk: `(name = "objects", disk = (path = ${text(objects.dir)}, writable = true)),`,
        };
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "index.js", esModule = embed ${text(modulePath)})],
      compatibilityDate = ${text(compatibilityDate)},
      compatibilityFlags = ${text(compatibilityFlags)},
      bindings = [${[...values, ...classes.binding].join(", ")}],
      ${classes.storage}
    )),
    (name = "internet", network = (allow = ["private"])),
    ${classes.disk}
  ],
  sockets = [(name = "entry", address = "127.0.0.1:0", http = (), service = "main")],
  structuredLogging = true,
);`;
}

const listening = z.object({ event: z.literal("listen"), port: z.number() });

async function readPort(child: ChildProcess): Promise<number> {
  const control = child.stdio[3];
  if (!(control instanceof Readable)) throw new Error("workerd has no line to say its port on.");
  const lines = createInterface({ input: control });
  try {
    const [line] = await Promise.race([once(lines, "line"), once(child, "exit").then(() => [null])]);
    if (line === null) throw new Error(`workerd ended with code ${child.exitCode} before it listened.`);
    return listening.parse(JSON.parse(String(line))).port;
  } finally {
    lines.close();
  }
}

const logLine = z.object({ level: z.string(), message: z.string() });

function readLog({ stdout }: ChildProcess, onLog: (line: LogLine) => void): void {
  if (stdout === null) return;
  createInterface({ input: stdout }).on("line", (line) => onLog(parseLog(line)));
}

/** What is no log line of a Worker is workerd's own. */
function parseLog(line: string): LogLine {
  try {
    return logLine.parse(JSON.parse(line));
  } catch {
    return { level: "warn", message: line };
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), CLOSE_MS);
  await ended;
  clearTimeout(late);
}

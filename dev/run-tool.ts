// Runs one of the build tools to its end: quiet when it succeeds, with everything it said when it fails. An aborted
// signal ends the tool and whatever it started.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { StartError } from "./start-error.ts";

export type Tool = {
  what: string;
  command: string;
  args: readonly string[];
  cwd: string;
  env?: Record<string, string>;
};

const MAX_OUTPUT_LENGTH = 64 * 1024;

/** No tool of ours asks questions, reports to its maker or looks for a newer version of itself. */
export const QUIET_TOOLS = {
  CI: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

export async function runTool({ what, command, args, cwd, env }: Tool, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  // A group of its own, because a shell does not hand a signal on to what it runs.
  const child = spawn(command, args, {
    cwd,
    // What is built is production's, whoever builds it: a test runner's NODE_ENV would end up in the bundle.
    env: { ...process.env, ...QUIET_TOOLS, NODE_ENV: "production", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  const keep = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-MAX_OUTPUT_LENGTH));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const endGroup = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  };
  signal.addEventListener("abort", endGroup, { once: true });
  process.once("exit", endGroup);
  try {
    const [code]: unknown[] = await once(child, "close");
    signal.throwIfAborted();
    if (code !== 0) throw new StartError(`${what} failed.`, { details: output.trim() });
  } finally {
    signal.removeEventListener("abort", endGroup);
    process.off("exit", endGroup);
  }
}

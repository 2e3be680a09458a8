// What the system knows about a process by its id. A zombie is no process: it holds neither port nor file, and where
// nobody reaps (the first process of many containers) it keeps its id for ever.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Tells a process from a later one with the same id; undefined if there is none. */
export function startTimeOf(pid: number, hasProc = process.platform === "linux"): string | undefined {
  if (!hasProc) return ps(pid, "lstart=");
  const stat = readProc(pid, "stat");
  if (stat === undefined) return undefined;
  // "1234 (name) S 1 …": a name may contain spaces and parentheses, so fields are counted behind the last one.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [threads, startTime] = [fields[16], fields[18]];
  // While other threads are still ending, the first is a zombie already, and ports and files are held.
  return (state === "Z" && Number(threads) <= 1) || state === "X" ? undefined : startTime;
}

/** With single spaces between the arguments; undefined if there is no such process. */
export function commandLineOf(pid: number, hasProc = process.platform === "linux"): string | undefined {
  if (!hasProc) return ps(pid, "args=");
  return readProc(pid, "cmdline")?.split("\0").join(" ").trim() || undefined;
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined; // It ended, perhaps between open and read.
  }
}

function ps(pid: number, column: string): string | undefined {
  try {
    const args = ["-ww", "-o", "stat=", "-o", column, "-p", String(pid)];
    const [line = ""] = execFileSync("ps", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n");
    const [, state = "Z", rest = ""] = /^\s*(\S+)\s+(.*?)\s*$/.exec(line) ?? [];
    return state.startsWith("Z") || rest === "" ? undefined : rest;
  } catch {
    return undefined; // ps exits with 1 when there is no such process.
  }
}

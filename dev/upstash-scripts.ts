// Upstash's Lua knows a flag that Redis and Valkey refuse: `#!lua flags=allow-key-locking`, with which every script of
// @upstash/ratelimit begins. Here it is taken off, and since that changes the script's SHA, EVALSHA of the original is
// sent as EVALSHA of what was stored. An unknown SHA passes through, so that Redis itself says NOSCRIPT.
import { createHash } from "node:crypto";
import type { RedisCommand } from "./upstash-request.ts";

export type ScriptBook = {
  /** The command to send, and the SHA to answer in place of the engine's own. */
  translate(command: RedisCommand): { command: RedisCommand; answerSha?: string };
};

const MAX_SCRIPTS = 1_000; // Of a bounded number of scripts; a forgotten one costs its client one EVAL more.
const SHEBANG = /^#!lua([^\n]*)/;

export function createScriptBook(maxScripts: number = MAX_SCRIPTS): ScriptBook {
  const stored = new Map<string, string>(); // SHA of the original → SHA of the script as stored; the newest last

  function remember(script: string): { script: string; sha: string } {
    const rewritten = withoutKeyLocking(script);
    const sha = sha1(script);
    if (rewritten !== script) {
      stored.delete(sha);
      stored.set(sha, sha1(rewritten));
      const oldest = stored.keys().next();
      if (stored.size > maxScripts && oldest.done !== true) stored.delete(oldest.value);
    }
    return { script: rewritten, sha };
  }

  const translateSha = (sha: string): string => stored.get(sha.toLowerCase()) ?? sha;

  return {
    translate(command) {
      const [name, first = "", second, ...rest] = command;
      switch (name.toLowerCase()) {
        case "eval":
        case "eval_ro":
          return { command: second === undefined ? command : [name, remember(first).script, second, ...rest] };
        case "evalsha":
        case "evalsha_ro":
          return { command: second === undefined ? command : [name, translateSha(first), second, ...rest] };
        case "script":
          if (second === undefined) return { command };
          if (first.toLowerCase() === "exists")
            return { command: [name, first, ...[second, ...rest].map(translateSha)] };
          if (first.toLowerCase() === "load") {
            const { script, sha } = remember(second);
            return { command: [name, first, script, ...rest], answerSha: sha };
          }
          return { command };
        default:
          return { command };
      }
    },
  };
}

/** Takes the one flag off the first line and leaves the others, and the number of lines, as they are. */
export function withoutKeyLocking(script: string): string {
  return script.replace(SHEBANG, (line, options: string) => {
    if (!options.includes("allow-key-locking")) return line;
    const kept = options.replace(/\bflags=([^\s]*)/, (_, flags: string) => {
      const others = flags.split(",").filter((flag) => flag !== "allow-key-locking");
      return others.length === 0 ? "" : `flags=${others.join(",")}`;
    });
    return `#!lua${kept}`.trimEnd();
  });
}

function sha1(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

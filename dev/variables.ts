// The variables that a start understands, from the environment, which wins, or from `.dev.vars`. A refusal names the
// variable and the rule it breaks, never its value: most of them are secrets.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { parseLimits } from "../worker/core/quota.ts";
import { StartError } from "./start-error.ts";

export type Provider = { baseUrl: string; apiKey: string; model: string };

export type Variables = {
  provider: Provider | undefined; // A real one in place of the simulated model.
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  bindings: Record<string, string>; // Handed to the Worker as they are.
  notes: string[]; // What a person should know about them.
};

type Values = Readonly<Record<string, string | undefined>>;

const HANDED_ON = [
  "LIMITS",
  "TITLE_MODEL",
  "OPENAI_CONTEXT_TOKENS",
  "OPENAI_PRICE",
  "LOG_LEVEL",
  "METRICS_TOKEN",
] as const;
const UNNAMED_MODEL = "default"; // What servers with a single model accept; others say so in the chat.

export function readVariables(root: string, environment: Values): Variables {
  return parseVariables({ ...readDevVars(join(root, ".dev.vars")), ...environment });
}

function readDevVars(path: string): Values {
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
    if (code === "ENOENT") return {};
    throw new StartError(`${path} cannot be read (${code}).`, { cause });
  }
}

/** An empty value is none: `DATABASE_URL= npm start` sets aside the one in `.dev.vars`. */
export function parseVariables(values: Values): Variables {
  const get = (name: string) => values[name]?.trim() || undefined;

  const limits = get("LIMITS");
  // The Worker reads it by this rule too; here it is refused at the start and not at the first message.
  if (limits !== undefined && parseLimits(limits) === "malformed") {
    throw new StartError("LIMITS must be off, or user=N,ip=N,live=N with whole numbers above 0.");
  }
  return {
    provider: parseProvider(get),
    databaseUrl: parseUrl("DATABASE_URL", get("DATABASE_URL"), ["postgres:", "postgresql:"], "postgres://"),
    redisUrl: parseUrl("REDIS_URL", get("REDIS_URL"), ["redis:", "rediss:"], "redis:// or rediss://"),
    bindings: Object.fromEntries(HANDED_ON.map((name) => [name, get(name)]).filter(isSet)),
    notes: parseNotes(get),
  };
}

type Get = (name: string) => string | undefined;

function parseProvider(get: Get): Provider | undefined {
  const baseUrl = parseUrl("OPENAI_BASE_URL", get("OPENAI_BASE_URL"), ["http:", "https:"], "http:// or https://");
  if (baseUrl === undefined) return undefined;
  // Servers on one's own machine ask for no key, but the client insists on one.
  return { baseUrl, apiKey: get("OPENAI_API_KEY") ?? "none", model: get("OPENAI_MODEL") ?? UNNAMED_MODEL };
}

function parseNotes(get: Get): string[] {
  const hasUrl = get("OPENAI_BASE_URL") !== undefined;
  // A key that stands in somebody's shell for another program is never sent anywhere unasked.
  const ignored = ["OPENAI_API_KEY", "OPENAI_MODEL"].filter((name) => get(name) !== undefined);
  if (!hasUrl && ignored.length > 0) {
    return [`${ignored.join(" and ")} stand${ignored.length === 1 ? "s" : ""} unused: OPENAI_BASE_URL is not set.`];
  }
  return hasUrl && get("OPENAI_MODEL") === undefined
    ? [`OPENAI_MODEL is not set: the provider is asked for "${UNNAMED_MODEL}".`]
    : [];
}

function parseUrl(name: string, value: string | undefined, protocols: string[], rule: string): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.parse(value);
  if (url === null || !protocols.includes(url.protocol)) throw new StartError(`${name} must be a URL with ${rule}.`);
  return value;
}

function isSet(entry: (string | undefined)[]): entry is [string, string] {
  return entry[1] !== undefined;
}

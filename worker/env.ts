// Bindings and variables → Config, parsed once an isolate. The only reader of variables. A complaint names the variable
// and its rule, and never its value.

import * as z from "zod/mini";
import { DEFAULT_QUOTA, parseLimits, type Quota } from "./core/quota.ts";
import type { Price } from "./core/price.ts";

export type Env = {
  CONVERSATIONS: DurableObjectNamespace;
  ASSETS: Fetcher;
} & Record<string, unknown>;

export type Config = {
  /** `local` only under dev/: plain-HTTP cookies, one constant address, and `LIMITS=off` allowed. */
  isLocal: boolean;
  sessionSecret: string;
  /** The secret before it, still good for sessions that it signed; null: none is. */
  previousSessionSecret: string | null;
  database: { url: string; fetchEndpoint?: string };
  redis: { url: string; token: string };
  provider: { baseUrl: string; apiKey: string };
  model: { id: string; contextTokens: number; price: Price | null };
  /** The cheap model that names conversations; null: their first line is their title. */
  titleModel: string | null;
  /** Null: no limits. */
  quota: Quota | null;
  logLevel: "debug" | "info" | "error";
  /** Where new conversations live; null: near whoever begins one. */
  conversationLocation: Location | null;
};

/** The variables do not say what is needed; its message says which and how, for whoever deploys. */
export class ConfigError extends Error {}

/** Cloudflare's location hints. */
const LOCATIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;
export type Location = (typeof LOCATIONS)[number];

const isLongEnough = (secret: string) => new TextEncoder().encode(secret).length >= 32;

const required = (rule: string) => z.string(rule).check(z.minLength(1, rule));
const httpUrl = (rule: string) => required(rule).check(z.refine((value) => isUrl(value, ["http:", "https:"]), rule));

const variablesSchema = z.object({
  BRINK_ENV: z._default(z.enum(["production", "local"], "must be `production`, or absent"), "production"),
  SESSION_SECRET: required("must be set, at least 32 bytes: `openssl rand -base64 48`").check(
    z.refine(isLongEnough, "must be at least 32 bytes"),
  ),
  SESSION_SECRET_PREVIOUS: z.optional(z.string().check(z.refine(isLongEnough, "must be at least 32 bytes, or absent"))),
  DATABASE_URL: required("must be set to Neon's postgres:// connection string").check(
    z.refine((value) => isUrl(value, ["postgres:", "postgresql:"]), "must be a postgres:// connection string"),
  ),
  NEON_FETCH_ENDPOINT: z.optional(httpUrl("must be an http(s) URL")),
  UPSTASH_REDIS_REST_URL: httpUrl("must be set to Upstash's https:// REST URL"),
  UPSTASH_REDIS_REST_TOKEN: required("must be set to Upstash's REST token"),
  OPENAI_BASE_URL: z._default(httpUrl("must be an http(s) URL, with /v1"), "https://api.openai.com/v1"),
  OPENAI_API_KEY: required("must be set to the provider's key"),
  OPENAI_MODEL: required("must be set to the name of a model").check(z.maxLength(200, "must be at most 200 long")),
  OPENAI_CONTEXT_TOKENS: z._default(
    z.string().check(z.regex(/^[1-9][0-9]{2,8}$/, "must be a whole number of tokens, 100 or more")),
    "128000",
  ),
  OPENAI_PRICE: z.optional(
    z
      .string()
      .check(
        z.regex(/^[0-9]+(\.[0-9]+)?,[0-9]+(\.[0-9]+)?$/, "must be `INPUT,OUTPUT` in US dollars per million tokens"),
      ),
  ),
  TITLE_MODEL: z.optional(z.string().check(z.maxLength(200, "must be at most 200 long"))),
  LIMITS: z.optional(
    z.string().check(z.refine((value) => parseLimits(value) !== "malformed", "must be `off` or `user=N,ip=N,live=N`")),
  ),
  CONVERSATION_LOCATION: z.optional(z.enum(LOCATIONS, `must be one of ${LOCATIONS.join(", ")}, or absent`)),
  LOG_LEVEL: z._default(z.enum(["debug", "info", "error"], "must be debug, info or error"), "info"),
});

/** @throws ConfigError naming every variable that is missing or wrong. */
export function parseConfig(env: Record<string, unknown>): Config {
  // An empty variable is an absent one: shells and dashboards make no difference.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = variablesSchema.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "));
  }
  const variables = parsed.data;
  const isLocal = variables.BRINK_ENV === "local";
  const limits = variables.LIMITS === undefined ? DEFAULT_QUOTA : parseLimits(variables.LIMITS);
  if (limits === null && !isLocal) throw new ConfigError("LIMITS must not be `off` in production");
  const [input, output] = variables.OPENAI_PRICE?.split(",").map(Number) ?? [];
  return {
    isLocal,
    sessionSecret: variables.SESSION_SECRET,
    previousSessionSecret: variables.SESSION_SECRET_PREVIOUS ?? null,
    database: {
      url: variables.DATABASE_URL,
      ...(variables.NEON_FETCH_ENDPOINT !== undefined && { fetchEndpoint: variables.NEON_FETCH_ENDPOINT }),
    },
    redis: { url: variables.UPSTASH_REDIS_REST_URL, token: variables.UPSTASH_REDIS_REST_TOKEN },
    provider: { baseUrl: variables.OPENAI_BASE_URL, apiKey: variables.OPENAI_API_KEY },
    model: {
      id: variables.OPENAI_MODEL,
      contextTokens: Number(variables.OPENAI_CONTEXT_TOKENS),
      price: input === undefined || output === undefined ? null : { input, output },
    },
    titleModel: variables.TITLE_MODEL ?? null,
    quota: limits === "malformed" ? DEFAULT_QUOTA : limits,
    logLevel: variables.LOG_LEVEL,
    conversationLocation: variables.CONVERSATION_LOCATION ?? null,
  };
}

function isUrl(value: string, protocols: string[]): boolean {
  return URL.canParse(value) && protocols.includes(new URL(value).protocol);
}

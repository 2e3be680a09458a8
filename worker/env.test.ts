import { expect, test } from "vitest";
import { ConfigError, parseConfig } from "./env.ts";

const good = {
  SESSION_SECRET: "0123456789abcdef0123456789abcdef",
  DATABASE_URL: "postgres://user:hunter2@db.example/brink",
  UPSTASH_REDIS_REST_URL: "https://redis.example",
  UPSTASH_REDIS_REST_TOKEN: "redis-token",
  OPENAI_API_KEY: "sk-secret",
  OPENAI_MODEL: "gpt-5",
};

function complaintOf(env: Record<string, unknown>): string {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

test("a secret of before and a place for conversations are optional, and right where they are given", () => {
  expect(parseConfig(good)).toMatchObject({ previousSessionSecret: null, conversationLocation: null });
  const given = { SESSION_SECRET_PREVIOUS: "p".repeat(32), CONVERSATION_LOCATION: "weur" };
  expect(parseConfig({ ...good, ...given })).toMatchObject({
    previousSessionSecret: "p".repeat(32),
    conversationLocation: "weur",
  });
  expect(complaintOf({ ...good, SESSION_SECRET_PREVIOUS: "short" })).toContain("SESSION_SECRET_PREVIOUS must be");
  expect(complaintOf({ ...good, CONVERSATION_LOCATION: "mars" })).toContain("CONVERSATION_LOCATION must be one of");
});

test("what production needs is enough, and the rest has defaults", () => {
  expect(parseConfig(good)).toMatchObject({
    isLocal: false,
    provider: { baseUrl: "https://api.openai.com/v1" },
    model: { id: "gpt-5", contextTokens: 128_000, price: null },
    quota: { perUser: 30, perAddress: 60, live: 3 },
  });
  expect(parseConfig({ ...good, OPENAI_PRICE: "1.25,10" }).model.price).toEqual({ input: 1.25, output: 10 });
});

test("every missing variable is named with its rule, all at once", () => {
  const complaint = complaintOf({});
  for (const name of Object.keys(good)) expect(complaint).toContain(name);
  expect(complaintOf({ ...good, SESSION_SECRET: "" })).toMatch(/^SESSION_SECRET .*32 bytes/);
});

test("a complaint names the variable and the rule, and never the value", () => {
  const cases: [string, string][] = [
    ["SESSION_SECRET", "too-short-hunter2"],
    ["DATABASE_URL", "mysql://hunter2@db"],
    ["UPSTASH_REDIS_REST_URL", "hunter2"],
    ["OPENAI_BASE_URL", "ftp://hunter2"],
    ["OPENAI_CONTEXT_TOKENS", "hunter2"],
    ["OPENAI_PRICE", "hunter2"],
    ["LIMITS", "hunter2"],
    ["BRINK_ENV", "hunter2"],
    ["LOG_LEVEL", "hunter2"],
  ];
  for (const [name, value] of cases) {
    const complaint = complaintOf({ ...good, [name]: value });
    expect(complaint, name).toContain(name);
    expect(complaint, name).not.toContain("hunter2");
  }
});

test("limits may be off at home and not in production", () => {
  expect(complaintOf({ ...good, LIMITS: "off" })).toContain("LIMITS");
  expect(parseConfig({ ...good, LIMITS: "off", BRINK_ENV: "local" }).quota).toBeNull();
});

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { StartError } from "./start-error.ts";
import { parseVariables, readVariables } from "./variables.ts";

function rootWith(devVars?: string): string {
  const root = mkdtempSync(join(tmpdir(), "brink-variables-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  if (devVars !== undefined) writeFileSync(join(root, ".dev.vars"), devVars);
  return root;
}

test("with nothing set every service is our own", () => {
  expect(readVariables(rootWith(), {})).toEqual({
    provider: undefined,
    databaseUrl: undefined,
    redisUrl: undefined,
    bindings: {},
    notes: [],
  });
});

test("the environment wins over .dev.vars, and an empty value sets one aside", () => {
  const root = rootWith('LIMITS=off\nREDIS_URL="redis://file:6379" # ours\nDATABASE_URL=postgres://file/brink\n');
  const environment = { LIMITS: "user=5", DATABASE_URL: "" };
  expect(readVariables(root, environment)).toMatchObject({
    bindings: { LIMITS: "user=5" },
    redisUrl: "redis://file:6379",
    databaseUrl: undefined,
  });
});

test("a .dev.vars that cannot be read is refused, and one that is not there is not missed", () => {
  const root = rootWith();
  mkdirSync(join(root, ".dev.vars"));
  expect(() => readVariables(root, {})).toThrow(`${join(root, ".dev.vars")} cannot be read (EISDIR).`);
  chmodSync(join(root, ".dev.vars"), 0o700);
});

test("a real provider takes the place of the simulated one", () => {
  const values = { OPENAI_BASE_URL: "https://llm.example/v1", OPENAI_API_KEY: "sk-1", OPENAI_MODEL: "large" };
  expect(parseVariables(values)).toMatchObject({
    provider: { baseUrl: "https://llm.example/v1", apiKey: "sk-1", model: "large" },
    notes: [],
  });
});

test("a key in somebody's shell is not used without an address for it, and that is said", () => {
  const { provider, notes } = parseVariables({ OPENAI_API_KEY: "sk-secret" });
  expect(provider).toBeUndefined();
  expect(notes).toEqual(["OPENAI_API_KEY stands unused: OPENAI_BASE_URL is not set."]);
});

test("a provider on one's own machine needs neither key nor model", () => {
  expect(parseVariables({ OPENAI_BASE_URL: "http://127.0.0.1:11434/v1" })).toMatchObject({
    provider: { apiKey: "none", model: "default" },
    notes: ['OPENAI_MODEL is not set: the provider is asked for "default".'],
  });
});

test("what the Worker reads for itself is handed on, and nothing else is", () => {
  const bindings = { OPENAI_CONTEXT_TOKENS: "8000", OPENAI_PRICE: "1,2", LOG_LEVEL: "debug", LIMITS: "off" };
  expect(parseVariables({ ...bindings, PATH: "/bin", SESSION_SECRET: "no", BRINK_ENV: "no" }).bindings).toEqual(
    bindings,
  );
});

test.each([["off"], ["user=1"], ["user=10,ip=20,live=3"], ["live=3, user=1"]])("LIMITS may be %s", (LIMITS) => {
  expect(parseVariables({ LIMITS }).bindings).toEqual({ LIMITS });
});

test.each([
  ["LIMITS", "on"],
  ["LIMITS", "user=0"],
  ["LIMITS", "user=-5"],
  ["LIMITS", "user=1,user=2"],
  ["LIMITS", "user=1;ip=2"],
  ["DATABASE_URL", "mysql://user:hunter2@host/brink"],
  ["DATABASE_URL", "hunter2"],
  ["REDIS_URL", "http://:hunter2@host"],
  ["OPENAI_BASE_URL", "ftp://user:hunter2@host/v1"],
])("%s=%s is refused by a sentence that names the variable and not its value", (name, value) => {
  const refused = () => parseVariables({ [name]: value });
  expect(refused).toThrow(StartError);
  expect(refused).toThrow(new RegExp(`^${name} must be `));
  expect(refused).not.toThrow(value);
});

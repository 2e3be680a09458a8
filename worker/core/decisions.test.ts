import { expect, test } from "vitest";
import { cacheIdentity } from "./cache-key.ts";
import { shouldFlush } from "./flush.ts";
import { isKnownModel, isReasoningModel } from "./models.ts";
import type { Prompt } from "./prompt.ts";
import { costOf } from "./price.ts";
import { DEFAULT_QUOTA, parseLimits, stricter } from "./quota.ts";
import { outboxDelayMs, retryDelayMs } from "./retry.ts";

test("the first token is stored at once, and four thousand units do not wait for the clock (promise 8)", () => {
  const state = { pendingLength: 1, storedLength: 0, hasFlushed: true };
  expect(shouldFlush({ ...state, hasFlushed: false })).toBe(true);
  expect(shouldFlush(state)).toBe(false);
  expect(shouldFlush({ ...state, pendingLength: 4_096 })).toBe(true);
  expect(shouldFlush({ ...state, pendingLength: 0, hasFlushed: false })).toBe(false);
});

test("a long answer that comes fast is not written again and again: its flushes cost a few times its length", () => {
  const LENGTH = 1_048_576;
  const ROW = 262_144; // Past this another row begins.
  const STEP = 1_000;
  let [stored, row, pending, written, flushes] = [0, 0, 0, 0, 0];
  while (stored + pending < LENGTH) {
    pending += STEP;
    if (!shouldFlush({ pendingLength: pending, storedLength: stored, hasFlushed: true })) continue;
    expect(pending).toBeLessThan(65_536 + STEP);
    stored += pending;
    row = row < ROW ? row + pending : pending;
    written += row;
    pending = 0;
    flushes++;
  }
  expect(written).toBeLessThan(6 * LENGTH);
  expect(flushes).toBeLessThan(40);
});

test("LIMITS is off, or names some of its three numbers once each", () => {
  expect(parseLimits("off")).toBeNull();
  expect(parseLimits("user=3,ip=5,live=1")).toEqual({ perUser: 3, perAddress: 5, live: 1 });
  expect(parseLimits("live=7")).toEqual({ ...DEFAULT_QUOTA, live: 7 });
  for (const text of [
    "",
    "on",
    "user=0",
    "user=-1",
    "user=1.5",
    "user=1,user=2",
    "users=1",
    "user=1;ip=2",
    "off,user=1",
  ]) {
    expect(parseLimits(text), text).toBe("malformed");
  }
});

test("the local limit is stricter and never nothing", () => {
  expect(stricter({ perUser: 30, perAddress: 61, live: 1 })).toEqual({ perUser: 15, perAddress: 30, live: 1 });
});

test("waiting for Postgres doubles to an hour, with jitter in its upper half (promise 10)", () => {
  expect(outboxDelayMs(0, 0)).toBe(1_000);
  expect(outboxDelayMs(0, 1)).toBe(2_000);
  expect(outboxDelayMs(3, 1)).toBe(16_000);
  expect(outboxDelayMs(500, 1)).toBe(3_600_000);
});

test("a retry waits half a second, then one, then is none", () => {
  expect([1, 2, 3].map((attempt) => retryDelayMs(attempt))).toEqual([500, 1_000, null]);
});

test("a model is known by the default's name or one that begins with it", () => {
  expect(isKnownModel("gpt-5", "gpt-5")).toBe(true);
  expect(isKnownModel("gpt-5-mini", "gpt-5")).toBe(true);
  expect(isKnownModel("gpt-4", "gpt-5")).toBe(false);
  expect(isKnownModel("gpt-5\n", "gpt-5")).toBe(false);
  expect(isReasoningModel("deepseek-r1", undefined)).toBe(true);
  expect(isReasoningModel("gpt-4o", undefined)).toBe(false);
  expect(isReasoningModel("gpt-4o", "high")).toBe(true);
  expect(isReasoningModel("gpt-4o", "none")).toBe(false);
});

test("a price needs both the usage and the tariff, and a cached answer is free", () => {
  const usage = { inputTokens: 1_000_000, outputTokens: 500_000 };
  expect(costOf(usage, { input: 1, output: 4 }, false)).toBe(3);
  expect(costOf(usage, null, false)).toBeNull();
  expect(costOf(null, { input: 1, output: 4 }, false)).toBeNull();
  expect(costOf(usage, { input: 1, output: 4 }, true)).toBe(0);
});

test("two prompts are the same only for the same owner, provider, model, parameters and words (promise 13)", () => {
  const prompt: Prompt = { model: "m", messages: [{ role: "user", content: "hi" }], params: { temperature: 1 } };
  const others: [string, string, Prompt][] = [
    ["b", "p", prompt],
    ["a", "q", prompt],
    ["a", "p", { ...prompt, model: "n" }],
    ["a", "p", { ...prompt, params: {} }],
    ["a", "p", { ...prompt, messages: [{ role: "user", content: "ho" }] }],
    ["a", "p", { ...prompt, messages: [{ role: "assistant", content: "hi" }] }],
  ];
  const identity = cacheIdentity("a", "p", prompt);
  expect(
    cacheIdentity("a", "p", { params: { temperature: 1 }, messages: [{ content: "hi", role: "user" }], model: "m" }),
  ).toBe(identity);
  for (const other of others) expect(cacheIdentity(...other)).not.toBe(identity);
});

import { expect, test } from "vitest";
import {
  beginGeneration,
  type Effect,
  FIRST_BYTE_MS,
  FIRST_BYTE_REASONING_MS,
  type Generation,
  type Input,
  SILENCE_MS,
  step,
  TOTAL_MS,
} from "./generation.ts";
import { MAX_ATTEMPTS } from "./retry.ts";

const begun = beginGeneration("g", 0, false, 1_000);

/** Runs inputs at the same moment; the effects are those of the last. */
function run(inputs: Input[], from: Generation = begun, now = 1_000): { state: Generation; effects: Effect[] } {
  return inputs.reduce<{ state: Generation; effects: Effect[] }>(({ state }, input) => step(state, input, now), {
    state: from,
    effects: [],
  });
}

const spoken = run([{ type: "appended", attempt: 1, length: 5 }]).state;

test("an answer is complete only with a finish_reason and an end", () => {
  const finished: Input = { type: "finishReason", attempt: 1, reason: "stop" };
  const ended: Input = { type: "providerEnded", attempt: 1 };
  expect(run([finished, ended], spoken).state).toMatchObject({ state: "complete", finishReason: "stop", length: 5 });
  expect(run([ended], spoken).state).toMatchObject({ state: "failed", error: "provider_truncated", length: 5 });
  expect(run([finished], spoken).state.state).toBe("streaming");
});

test("a finish_reason followed by a broken line is not complete", () => {
  const { state } = run(
    [
      { type: "finishReason", attempt: 1, reason: "stop" },
      { type: "providerFailed", attempt: 1, code: "provider_truncated", retryable: true },
    ],
    spoken,
  );
  expect(state).toMatchObject({ state: "failed", error: "provider_truncated" });
});

test("a provider failure is retried while silent, and final once a token was seen (promise 2)", () => {
  const failed: Input = { type: "providerFailed", attempt: 1, code: "provider_error", retryable: true };
  const silent = run([failed]);
  expect(silent.state).toMatchObject({ state: "queued", attempt: 2, keeps: [0] });
  expect(silent.effects.map((effect) => effect.type)).toEqual(["abortProvider", "reset", "callProvider"]);
  expect(run([failed], spoken).state).toMatchObject({
    state: "failed",
    attempt: 1,
    error: "provider_error",
    length: 5,
  });
});

test("retries end after the last attempt, and a refusal that will not change is never retried", () => {
  let state = begun;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    state = run([{ type: "providerFailed", attempt, code: "provider_error", retryable: true }], state).state;
  }
  expect(state).toMatchObject({ state: "failed", attempt: MAX_ATTEMPTS, error: "provider_error" });
  const refused = run([{ type: "providerFailed", attempt: 1, code: "provider_rejected", retryable: false }]);
  expect(refused.state).toMatchObject({ state: "failed", attempt: 1, error: "provider_rejected" });
});

test("a provider's wish to wait is honoured when it is short, and told when it is long", () => {
  const limited = (retryAfterMs: number): Input => {
    return { type: "providerFailed", attempt: 1, code: "provider_rate_limited", retryable: true, retryAfterMs };
  };
  expect(run([limited(3_000)]).effects).toContainEqual({ type: "callProvider", attempt: 2, delayMs: 3_000 });
  expect(run([limited(60_000)]).state).toMatchObject({ state: "failed", error: "provider_rate_limited" });
});

test("stop ends an answer at any moment, keeps its text, and is final (promise 6)", () => {
  expect(run([{ type: "stop" }]).state).toMatchObject({ state: "stopped", length: 0, error: null });
  const stopped = run([{ type: "stop" }], spoken);
  expect(stopped.state).toMatchObject({ state: "stopped", length: 5 });
  expect(stopped.effects).toEqual([{ type: "abortProvider" }, { type: "end", state: "stopped" }]);
  const after = run(
    [{ type: "appended", attempt: 1, length: 9 }, { type: "stop" }, { type: "woke", length: 5 }],
    stopped.state,
  );
  expect(after).toEqual({ state: stopped.state, effects: [] });
});

test("a stop while a retry waits leaves nothing to be called", () => {
  const waiting = run([{ type: "providerFailed", attempt: 1, code: "provider_error", retryable: true }]).state;
  expect(run([{ type: "stop" }], waiting).effects).toContainEqual({ type: "abortProvider" });
});

test("what a fenced attempt still says is not heard (promise 9)", () => {
  const second = run([{ type: "providerFailed", attempt: 1, code: "provider_error", retryable: true }]).state;
  const late = run(
    [
      { type: "appended", attempt: 1, length: 40 },
      { type: "finishReason", attempt: 1, reason: "stop" },
      { type: "providerEnded", attempt: 1 },
    ],
    second,
  );
  expect(late.state).toEqual(second);
});

test("an answer found dead with text stored is interrupted, and its readers are told where to cut (promise 7)", () => {
  const { state, effects } = run([{ type: "woke", length: 3 }], spoken);
  expect(state).toMatchObject({ state: "interrupted", error: "crashed", attempt: 2, keeps: [3], length: 3 });
  expect(effects[0]).toEqual({ type: "reset", attempt: 2, keep: 3 });
});

test("an answer found dead with nothing said is asked for again, but not for ever (promise 7)", () => {
  const first = run([{ type: "woke", length: 0 }]);
  expect(first.state).toMatchObject({ state: "queued", attempt: 2, keeps: [0] });
  expect(first.effects).toContainEqual({ type: "callProvider", attempt: 2, delayMs: 0 });
  let state = begun;
  for (let crash = 0; crash < MAX_ATTEMPTS; crash++) state = run([{ type: "woke", length: 0 }], state).state;
  expect(state).toMatchObject({ state: "interrupted", error: "crashed" });
});

test("silence is judged by what was heard last, and a reasoning model may think for longer", () => {
  const tick = (state: Generation, now: number) => step(state, { type: "tick" }, now).state;
  expect(tick(begun, 1_000 + FIRST_BYTE_MS - 1)).toEqual(begun);
  expect(tick(begun, 1_000 + FIRST_BYTE_MS)).toMatchObject({ attempt: 2, state: "queued" });
  const thinking = beginGeneration("g", 0, true, 1_000);
  expect(tick(thinking, 1_000 + FIRST_BYTE_MS)).toEqual(thinking);
  expect(tick(thinking, 1_000 + FIRST_BYTE_REASONING_MS)).toMatchObject({ attempt: 2 });
  expect(tick(spoken, 1_000 + SILENCE_MS - 1).state).toBe("streaming");
  expect(tick(spoken, 1_000 + SILENCE_MS)).toMatchObject({ state: "failed", error: "provider_stalled", length: 5 });
});

test("a reasoning model's headers and signs of life are no words: it may think on, and another may not", () => {
  const heard = (reasons: boolean) =>
    step(beginGeneration("g", 0, reasons, 0), { type: "heard", attempt: 1 }, 1_000).state;
  expect(step(heard(true), { type: "tick" }, 1_000 + SILENCE_MS).state.attempt).toBe(1);
  expect(step(heard(true), { type: "tick" }, 1_000 + FIRST_BYTE_REASONING_MS).state.attempt).toBe(2);
  expect(step(heard(false), { type: "tick" }, 1_000 + SILENCE_MS).state.attempt).toBe(2);
});

test("no answer takes longer than its time in all", () => {
  const lively = step(spoken, { type: "heard", attempt: 1 }, 1_000 + TOTAL_MS - 1).state;
  expect(step(lively, { type: "tick" }, 1_000 + TOTAL_MS).state).toMatchObject({
    state: "failed",
    error: "time_limit",
  });
});

test("an answer that continues a message is silent until it adds to it", () => {
  const continued = beginGeneration("g", 10, false, 1_000);
  const failed: Input = { type: "providerFailed", attempt: 1, code: "provider_error", retryable: true };
  expect(run([failed], continued).state).toMatchObject({ attempt: 2, keeps: [10], length: 10 });
  expect(run([{ type: "appended", attempt: 1, length: 11 }, failed], continued).state.state).toBe("failed");
});

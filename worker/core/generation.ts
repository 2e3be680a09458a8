// One answer's state machine: step(state, input, now) → {state, effects}. It decides; the conversation does.
// Nothing here knows of storage, fetch or clocks: `now` is in milliseconds since the epoch.

import type { EndCode } from "../../protocol/errors.ts";
import type { EndState, GenerationState, Usage } from "../../protocol/events.ts";
import { MAX_ATTEMPTS, retryDelayMs } from "./retry.ts";

export const FIRST_BYTE_MS = 30_000; // A person has left by then; a provider that is merely slow answers in ten.
export const FIRST_BYTE_REASONING_MS = 120_000; // Reasoning models may think in silence before their first byte.
export const SILENCE_MS = 60_000; // Longer than any pause of a healthy stream: dead lines look just like it.
export const TOTAL_MS = 14 * 60_000; // Alarms are given 15 minutes of wall time; stay below, or the platform ends it.

export type Generation = {
  readonly id: string;
  readonly state: GenerationState;
  /** From 1. Every call to the provider is an attempt of its own, and so is a recovery that calls nobody. */
  readonly attempt: number;
  /** The `keep` of every attempt after the first, in order. */
  readonly keeps: readonly number[];
  /** Positions in the log when this generation began: 0, unless it continues a message. */
  readonly base: number;
  /** Positions in the log now. */
  readonly length: number;
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  readonly error: EndCode | null;
  readonly reasons: boolean;
  readonly startedAt: number;
  readonly attemptAt: number;
  /** When the provider was last heard of in this attempt; null before its first byte. */
  readonly heardAt: number | null;
};

export type Input =
  | { type: "heard"; attempt: number }
  | { type: "appended"; attempt: number; length: number }
  | { type: "finishReason"; attempt: number; reason: string }
  | { type: "usage"; attempt: number; usage: Usage }
  /** [DONE], or an error-free end of the body. */
  | { type: "providerEnded"; attempt: number }
  | { type: "providerFailed"; attempt: number; code: EndCode; retryable: boolean; retryAfterMs?: number }
  | { type: "logFull"; attempt: number }
  | { type: "stop" }
  | { type: "deleted" }
  /** A new life of the object found this generation live on disk, `length` positions stored: its producer is dead. */
  | { type: "woke"; length: number }
  | { type: "tick" };

export type Effect =
  | { type: "callProvider"; attempt: number; delayMs: number }
  | { type: "abortProvider" }
  /** Readers cut to `keep` and go on in `attempt`. */
  | { type: "reset"; attempt: number; keep: number }
  /** Store the terminal state, tell the readers, owe the row to Postgres: one turn. */
  | { type: "end"; state: EndState };

export type Step = { state: Generation; effects: Effect[] };

export function beginGeneration(id: string, base: number, reasons: boolean, now: number): Generation {
  return {
    id,
    state: "queued",
    attempt: 1,
    keeps: [],
    base,
    length: base,
    finishReason: null,
    usage: null,
    error: null,
    reasons,
    startedAt: now,
    attemptAt: now,
    heardAt: null,
  };
}

export function isLive(state: GenerationState): state is "queued" | "streaming" {
  return state === "queued" || state === "streaming";
}

export function step(state: Generation, input: Input, now: number): Step {
  // After the end nothing moves, and what a fenced attempt still says is not heard.
  if (!isLive(state.state)) return stay(state);
  if ("attempt" in input && input.attempt !== state.attempt) return stay(state);
  switch (input.type) {
    case "heard":
      return stay({ ...state, heardAt: now });
    case "appended":
      return stay({ ...state, state: "streaming", length: input.length, heardAt: now });
    case "finishReason":
      return stay({ ...state, finishReason: input.reason, heardAt: now });
    case "usage":
      return stay({ ...state, usage: input.usage, heardAt: now });
    case "providerEnded":
      // Without a finish_reason a clean end is a broken line that happened to close politely.
      return state.finishReason === null
        ? fail(state, "provider_truncated", true, undefined, now)
        : end(state, "complete", null);
    case "providerFailed":
      return fail(state, input.code, input.retryable, input.retryAfterMs, now);
    case "logFull":
      return end(state, "failed", "answer_too_long");
    case "stop":
      return end(state, "stopped", null);
    case "deleted":
      return end(state, "stopped", "deleted");
    case "woke":
      return wake(state, input.length, now);
    case "tick":
      return checkDeadlines(state, now);
  }
}

function stay(state: Generation): Step {
  return { state, effects: [] };
}

function end(state: Generation, to: EndState, error: EndCode | null): Step {
  return {
    state: { ...state, state: to, error },
    effects: [{ type: "abortProvider" }, { type: "end", state: to }],
  };
}

function fail(
  state: Generation,
  code: EndCode,
  retryable: boolean,
  retryAfterMs: number | undefined,
  now: number,
): Step {
  // Retry only while silent: once a reader has seen a token, a second attempt would contradict it.
  const isSilent = state.length === state.base;
  const delayMs = retryDelayMs(state.attempt, retryAfterMs);
  if (!isSilent || !retryable || delayMs === null) return end(state, "failed", code);
  return restart(state, delayMs, now);
}

function restart(state: Generation, delayMs: number, now: number): Step {
  const attempt = state.attempt + 1;
  const next: Generation = {
    ...state,
    state: "queued",
    attempt,
    keeps: [...state.keeps, state.base],
    length: state.base,
    finishReason: null,
    usage: null,
    // The wait before the call is not the provider's silence.
    attemptAt: now + delayMs,
    heardAt: null,
  };
  return {
    state: next,
    effects: [
      { type: "abortProvider" },
      { type: "reset", attempt, keep: state.base },
      { type: "callProvider", attempt, delayMs },
    ],
  };
}

function wake(state: Generation, length: number, now: number): Step {
  const isSilent = length === state.base;
  if (isSilent && state.attempt < MAX_ATTEMPTS && now - state.startedAt < TOTAL_MS) return restart(state, 0, now);
  // Readers may have been shown up to a second more than was stored: a new attempt tells them where to cut.
  const attempt = state.attempt + 1;
  const ended = end({ ...state, attempt, keeps: [...state.keeps, length], length }, "interrupted", "crashed");
  return { state: ended.state, effects: [{ type: "reset", attempt, keep: length }, ...ended.effects] };
}

/** Headers and signs of life are no words: until the first one, a reasoning model may be thinking. */
function patienceMs(state: Generation): number {
  const mayThink = state.reasons && state.length === state.base && state.finishReason === null;
  if (mayThink) return FIRST_BYTE_REASONING_MS;
  return state.heardAt === null ? FIRST_BYTE_MS : SILENCE_MS;
}

function checkDeadlines(state: Generation, now: number): Step {
  if (now - state.startedAt >= TOTAL_MS) return end(state, "failed", "time_limit");
  const silentMs = now - (state.heardAt ?? state.attemptAt);
  return silentMs >= patienceMs(state) ? fail(state, "provider_stalled", true, undefined, now) : stay(state);
}

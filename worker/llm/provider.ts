// The port to a model: one method. Adapters and decorators keep its shape.

import type { EndCode } from "../../protocol/errors.ts";
import type { Usage } from "../../protocol/events.ts";
import type { Prompt } from "../core/prompt.ts";
import type { Load, Pace } from "../core/wake.ts";

export type LlmEvent =
  /** Said once, first, and only where `call.cacheFor` asked: whether what follows comes from the cache. */
  | { type: "cache"; isHit: boolean }
  /** A sign of life that is no word: headers, a comment, an empty delta. */
  | { type: "heard" }
  | { type: "text"; kind: "answer" | "reasoning"; text: string }
  | { type: "finishReason"; reason: string }
  | { type: "usage"; usage: Usage }
  /** [DONE], or an error-free end of the body. Nothing follows. */
  | { type: "ended" }
  /** Nothing follows. */
  | { type: "failed"; code: EndCode; retryable: boolean; retryAfterMs?: number };

export type Call = {
  signal: AbortSignal;
  /** Called once the request is on its way, before anything is awaited of it. */
  onDispatch(): void;
  /** Under load a provider may gather what it is told before it yields. */
  isolate?: Isolate;
  /** The owner for whom an earlier answer to the same prompt may be replayed. */
  cacheFor?: string;
};

/** What the answers that are written in one isolate know of each other. */
export type Isolate = {
  load(): Load;
  /** After each read, with the pace that it left. */
  noteRead(pace: Pace): void;
};

/**
 * Calls at once: iterate it in the same turn. Yields what one read of the line brought, as one batch. Failures are events: an iteration throws only for a bug, and
 * ends in silence when its signal was aborted.
 */
export type Provider = { stream(prompt: Prompt, call: Call): AsyncIterable<LlmEvent[]> };

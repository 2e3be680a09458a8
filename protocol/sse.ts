// Framing: a stream event to the text of a Server-Sent Event and back. The one place that knows the wire's look.

import type { EndFrame, EndState, Op, StartFrame, StreamEvent, Usage } from "./events.ts";
import { type EndCode, isEndCode } from "./errors.ts";

/** The text of one frame. `cursor` is the position after it; `start`, `notice` and comments carry none. */
export function formatFrame(event: StreamEvent, cursor?: string): string {
  const id = cursor === undefined ? "" : `id: ${cursor}\n`;
  // JSON never holds a raw line break, so one data line is always enough.
  return `${id}event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`;
}

/** A comment line: tells both ends that the line is alive, and belongs to no log. */
export const HEARTBEAT_FRAME = ": \n\n";

/**
 * An unframed event (its name and data, as an SSE parser hands them over) to a stream event. Null for an event type
 * that is not known here, which a reader ignores, and for data that has not its form.
 */
export function parseEvent(name: string | undefined, data: string): StreamEvent | null {
  const value = parseObject(data);
  if (value === null) return null;
  switch (name) {
    case "start": {
      const start = parseStart(value);
      return start && { event: "start", data: start };
    }
    case "delta": {
      const { offset, part, text } = value;
      return isCount(offset) && isCount(part) && typeof text === "string"
        ? { event: "delta", data: { offset, part, text } }
        : null;
    }
    case "op": {
      const { offset } = value;
      const op = parseOp(value["op"]);
      return isCount(offset) && op !== null ? { event: "op", data: { offset, op } } : null;
    }
    case "notice":
      return { event: "notice", data: isCount(value["queue"]) ? { queue: value["queue"] } : {} };
    case "reset": {
      const { attempt, keep } = value;
      return isCount(attempt) && isCount(keep) ? { event: "reset", data: { attempt, keep } } : null;
    }
    case "end": {
      const end = parseEnd(value);
      return end && { event: "end", data: end };
    }
    default:
      return null;
  }
}

function parseStart(value: Fields): StartFrame | null {
  const { generationId, messageId, userMessageId, attempt, model } = value;
  if (typeof generationId !== "string" || typeof messageId !== "string" || typeof userMessageId !== "string")
    return null;
  if (!isCount(attempt) || typeof model !== "string") return null;
  return { generationId, messageId, userMessageId, attempt, model, cached: value["cached"] === true };
}

function parseEnd(value: Fields): EndFrame | null {
  const { state, length, finishReason, costUsd } = value;
  if (!isEndState(state) || !isCount(length)) return null;
  const usage = parseUsage(value["usage"]);
  const error = parseEndError(value["error"]);
  return {
    state,
    length,
    ...(typeof finishReason === "string" && { finishReason }),
    ...(usage !== null && { usage }),
    ...(typeof costUsd === "number" && { costUsd }),
    ...(error !== null && { error }),
  };
}

/** An op of a known type as it is; one of an unknown type still takes its one position, so it is kept as it came. */
function parseOp(value: unknown): Op | null {
  if (!isFields(value) || typeof value["type"] !== "string") return null;
  const { part, kind } = value;
  return value["type"] === "part" && isCount(part) && typeof kind === "string"
    ? { type: "part", part, kind }
    : { type: "unknown" };
}

function parseUsage(value: unknown): Usage | null {
  if (!isFields(value)) return null;
  const { inputTokens, outputTokens } = value;
  return isCount(inputTokens) && isCount(outputTokens) ? { inputTokens, outputTokens } : null;
}

function parseEndError(value: unknown): { code: EndCode; detail: string } | null {
  if (!isFields(value) || typeof value["code"] !== "string" || typeof value["detail"] !== "string") return null;
  return { code: isEndCode(value["code"]) ? value["code"] : "internal", detail: value["detail"] };
}

type Fields = Record<string, unknown>;

function parseObject(data: string): Fields | null {
  try {
    const value: unknown = JSON.parse(data);
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isEndState(value: unknown): value is EndState {
  return value === "complete" || value === "stopped" || value === "failed" || value === "interrupted";
}

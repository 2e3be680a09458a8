// What a provider's answer says by its head alone. Its body is never looked at: those of errors echo keys.

import type { LlmEvent } from "./provider.ts";

/** Null for an event stream; a redirect and HTML that comes with a 200 are none. */
export function refusalOf({ status, ok, headers }: Response, now: number): LlmEvent | null {
  if (!ok) return failureOf(status, headers, now);
  const isStream = (headers.get("Content-Type") ?? "").toLowerCase().startsWith("text/event-stream");
  return isStream ? null : { type: "failed", code: "provider_bad_response", retryable: false };
}

function failureOf(status: number, headers: Headers, now: number): LlmEvent {
  if (status === 401 || status === 403) return { type: "failed", code: "provider_unauthorized", retryable: false };
  if (status === 429) {
    const retryAfterMs = readRetryAfter(headers.get("Retry-After") ?? "", now);
    return {
      type: "failed",
      code: "provider_rate_limited",
      retryable: true,
      ...(retryAfterMs !== null && { retryAfterMs }),
    };
  }
  // A redirect leads to where the key must not follow.
  const isPassing = status >= 500 || status < 400 || status === 408;
  return { type: "failed", code: isPassing ? "provider_error" : "provider_rejected", retryable: isPassing };
}

/** Seconds, or a date; in milliseconds. Null when it is neither. */
function readRetryAfter(text: string, now: number): number | null {
  const ms = /^[0-9]+$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

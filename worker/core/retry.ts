// When another try is worth it, and after how long. Times in milliseconds; jitter comes from the caller's `random`.

export const MAX_ATTEMPTS = 3; // Two silent retries: more only hides an outage behind a spinner.
const RETRY_BASE_MS = 500;
const RETRY_AFTER_LIMIT_MS = 10_000; // Asked to wait longer than this, a person would rather be told.

/** The wait before the attempt after `attempt`; null when there shall be none. */
export function retryDelayMs(attempt: number, retryAfterMs?: number): number | null {
  if (attempt >= MAX_ATTEMPTS) return null;
  if (retryAfterMs === undefined) return RETRY_BASE_MS * 2 ** (attempt - 1);
  return retryAfterMs > RETRY_AFTER_LIMIT_MS ? null : retryAfterMs;
}

const OUTBOX_BASE_MS = 2_000;
const OUTBOX_MAX_MS = 3_600_000;

/** The wait before try `tries + 1` of what is owed to Postgres: min(2 s · 2ⁿ, 1 h), the upper half of it jittered. */
export function outboxDelayMs(tries: number, random: number): number {
  const full = Math.min(OUTBOX_BASE_MS * 2 ** Math.min(tries, 20), OUTBOX_MAX_MS);
  return Math.round(full / 2 + (full / 2) * random);
}

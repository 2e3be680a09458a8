// Limits as they are configured and as they are judged. Pure.

export type Quota = { perUser: number; perAddress: number; live: number };
export const DEFAULT_QUOTA: Quota = { perUser: 30, perAddress: 60, live: 3 };

export type Verdict =
  | { allowed: true }
  /** `by`: whose limit it was; until it lapses, every send that counts against it will be denied. */
  | { allowed: false; code: "rate_limited" | "too_many_live"; by: "user" | "address"; retryAfterMs: number };

/**
 * Parses `LIMITS`: `off`, or `user=N,ip=N,live=N` (per minute, per minute, at once), each of them optional.
 * Null for off; the string "malformed" when it is neither.
 */
export function parseLimits(text: string): Quota | null | "malformed" {
  if (text === "off") return null;
  const quota = { ...DEFAULT_QUOTA };
  const seen = new Set<string>();
  for (const pair of text.split(",")) {
    const match = /^\s*(user|ip|live)=([1-9][0-9]{0,8})\s*$/.exec(pair);
    const [, name = "", value = ""] = match ?? [];
    if (match === null || seen.has(name)) return "malformed";
    seen.add(name);
    if (name === "user") quota.perUser = Number(value);
    else if (name === "ip") quota.perAddress = Number(value);
    else quota.live = Number(value);
  }
  return quota;
}

/** Redis is away: each isolate counts alone, so each allows only half. */
export function stricter(quota: Quota): Quota {
  const half = (limit: number) => Math.max(1, Math.floor(limit / 2));
  return { perUser: half(quota.perUser), perAddress: half(quota.perAddress), live: half(quota.live) };
}

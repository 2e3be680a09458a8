// Who was denied lately: until it expires, their sends hear the verdict before the model is called (promise 14). One
// isolate's memory, bounded; another isolate learns it by its own first denial.

import type { AppError } from "./app-error.ts";

const MAX_USERS = 10_000;
const deniedUntil = new Map<string, number>();

export function isDenied(userId: string, now: number): boolean {
  return (deniedUntil.get(userId) ?? 0) > now;
}

export function noteDenial(userId: string, { code, details }: AppError, now: number): void {
  if (code !== "rate_limited" && code !== "too_many_live") return;
  deniedUntil.delete(userId); // Set again, it is the youngest.
  deniedUntil.set(userId, now + (details.retryAfterMs ?? 0));
  const oldest = deniedUntil.keys().next();
  if (deniedUntil.size > MAX_USERS && oldest.done !== true) deniedUntil.delete(oldest.value);
}

export function forgetDenial(userId: string): void {
  deniedUntil.delete(userId);
}

// Who was denied lately, users and addresses: until it lapses, sends that count against that limit hear the verdict
// before the model is called (promise 14). One isolate's memory, bounded; another learns it by its own first denial.

import type { AppError } from "./app-error.ts";

const MAX_NAMES = 10_000;
const deniedUntil = new Map<string, number>();

export type Sender = { user: string; address: string };

export function isDenied({ user, address }: Sender, now: number): boolean {
  return (deniedUntil.get(user) ?? 0) > now || (deniedUntil.get(address) ?? 0) > now;
}

export function noteDenial(sender: Sender, { details }: AppError, now: number): void {
  if (details.by === undefined) return;
  const name = sender[details.by];
  deniedUntil.delete(name); // Set again, it is the youngest.
  deniedUntil.set(name, now + (details.retryAfterMs ?? 0));
  const oldest = deniedUntil.keys().next();
  if (deniedUntil.size > MAX_NAMES && oldest.done !== true) deniedUntil.delete(oldest.value);
}

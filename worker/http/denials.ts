// Who hears the verdict before the model is called (promise 14): users and addresses that were denied lately, until it
// lapses, and whoever has as many sends undecided as he may have answers. One isolate's memory, bounded; another learns
// it by its own first denial.

import type { AppError } from "./app-error.ts";

const MAX_NAMES = 10_000;
const deniedUntil = new Map<string, number>();
const undecided = new Map<string, number>(); // Of each user.

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

/** @returns how many of the user's sends are undecided beside this one, until it is decided, as `noteDecided` says. */
export function noteUndecided(user: string): number {
  const others = undecided.get(user) ?? 0;
  undecided.set(user, others + 1);
  return others;
}

export function noteDecided(user: string): void {
  const left = (undecided.get(user) ?? 0) - 1;
  if (left > 0) undecided.set(user, left);
  else undecided.delete(user);
}

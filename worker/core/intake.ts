// What a provider says, made fit for a log: no U+0000, no lone surrogate, and never an end between the halves of a
// pair. Pure; the held half lives in the state that is passed along.

import { toStorableText } from "../../protocol/api.ts";

/** A high surrogate whose other half has not come yet, or "". */
export type Held = string;

export function takeIn(held: Held, chunk: string): { text: string; held: Held } {
  const joined = held + chunk;
  const last = joined.charCodeAt(joined.length - 1);
  // NaN, for an empty string, is in no range.
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  const whole = isHalf ? joined.slice(0, -1) : joined;
  return { text: toStorableText(whole), held: isHalf ? joined.slice(-1) : "" };
}

/** The text to append when nothing more will come: a half that stayed alone is U+FFFD. */
export function letGo(held: Held): string {
  return toStorableText(held);
}

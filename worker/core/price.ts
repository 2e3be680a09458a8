// What an answer cost. Pure.

import type { Usage } from "../../protocol/events.ts";

/** US dollars per million tokens. */
export type Price = { input: number; output: number };

/** US dollars; null where either side is not known. A cached answer costs nothing. */
export function costOf(usage: Usage | null, price: Price | null, isCached: boolean): number | null {
  if (isCached) return 0;
  if (usage === null || price === null) return null;
  return (usage.inputTokens * price.input + usage.outputTokens * price.output) / 1_000_000;
}

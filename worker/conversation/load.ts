// What this isolate is doing, over all the conversations that live in it: how many answers are being written, and how
// late its timers fire. Module state on purpose: objects of one isolate share its one thread.

import type { Load } from "../core/wake.ts";

let live = 0;
let lagMs = 0;

export function answerBegan(): void {
  live++;
}

export function answerEnded(): void {
  live--;
  if (live === 0) lagMs = 0;
}

/** A timer fired `lateMs` after it was due. Smoothed, so that one slow turn is not taken for a load. */
export function noteLag(lateMs: number): void {
  lagMs = lagMs * 0.8 + Math.max(0, lateMs) * 0.2;
}

export function loadNow(): Load {
  return { live, lagMs };
}

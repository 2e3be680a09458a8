// What this isolate is doing, over all the conversations that live in it: how many answers are being written, and how
// late it comes to what is due. Module state on purpose: objects of one isolate share its one thread.

import type { Isolate } from "../llm/provider.ts";

let live = 0;
let lagMs = 0;

export function answerBegan(): void {
  live++;
}

export function answerEnded(): void {
  live--;
  if (live === 0) lagMs = 0;
}

/** Something was `lateMs` late. Smoothed, so that one slow turn, or one model that pauses, is not taken for a load. */
export function noteLag(lateMs: number): void {
  lagMs = lagMs * 0.95 + Math.max(0, lateMs) * 0.05;
}

export const isolate: Isolate = { load: () => ({ live, lagMs }), noteLag };

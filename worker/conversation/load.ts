// What this isolate is doing, over all the conversations that live in it: how many answers are being written, and what a
// read of a provider takes. Module state on purpose: objects of one isolate share its one thread.

import { noteReadMs } from "../core/wake.ts";
import type { Isolate } from "../llm/provider.ts";

let live = 0;
let readMs = 0;

export function answerBegan(): void {
  live++;
}

export function answerEnded(): void {
  live--;
}

export const isolate: Isolate = {
  load: () => ({ live, readMs }),
  noteRead: (pace) => void (readMs = noteReadMs(readMs, pace)),
};

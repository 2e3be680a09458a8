// What happens to a conversation, as data: a list of events that means something in any state, so that a history which
// found a fault can be shortened by leaving events out.

import type { LlmEvent } from "../../llm/provider.ts";
import { createRandom, type Random } from "./random.ts";

export type SimEvent =
  /** `again`: the same id once more, as a second tab or a client that heard no answer sends it. */
  | { type: "send"; again: boolean }
  /** More of the newest answer, when that has ended. */
  | { type: "continue" }
  /** What one read of the line to the model brings. `life` 0 is the present one, others are zombies. */
  | { type: "hear"; life: number; batch: LlmEvent[] }
  /** The line to the model ends without a word, or throws. */
  | { type: "hangUp"; life: number; how: "dry" | "throw" }
  | { type: "pass"; ms: number }
  | { type: "stop"; how: "stop" | "deleted" }
  /** Memory is lost. As a zombie, the old life goes on writing until it meets a fence. */
  | { type: "crash"; isZombie: boolean }
  /** A new life finds what the last one left: by its alarm, or because somebody asked. */
  | { type: "wake" }
  | { type: "join" }
  | { type: "cut"; reader: number }
  /** From its own cursor (`back` 0), or from one that it was given earlier. */
  | { type: "resume"; reader: number; back: number }
  | { type: "pull"; reader: number; frames: number };

/** How what is still live at the end of a history comes to its end. */
export type Ending = "finish" | "stop" | "silence" | "crash";
export type History = { events: SimEvent[]; ending: Ending; reasons: boolean };

type Kind = SimEvent["type"];

/** How often each kind comes, before a history's own taste. */
const WEIGHTS: Readonly<Record<Kind, number>> = {
  send: 3,
  continue: 3,
  hear: 30,
  hangUp: 2,
  pass: 16,
  stop: 2,
  crash: 4,
  wake: 4,
  join: 5,
  cut: 6,
  resume: 10,
  pull: 24,
};
const KINDS = Object.keys(WEIGHTS) as [Kind, ...Kind[]]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- the keys of the table above

/** Histories differ in taste: one is all crashes, the next has none. Uniform ones all look alike and find less. */
const TASTES = [0, 1, 1, 1, 4] as const;

export function createHistory(seed: number): History {
  const random = createRandom(seed);
  const urn = KINDS.flatMap((kind) => Array.from({ length: WEIGHTS[kind] * random.pick(TASTES) }, () => kind));
  const length = 8 + random.below(64);
  const events: SimEvent[] = [{ type: "send", again: false }];
  while (events.length < length) events.push(createEvent(urn[random.below(urn.length)] ?? "hear", random));
  return {
    events,
    ending: random.pick(["finish", "finish", "stop", "silence", "crash"]),
    reasons: random.chance(1, 4),
  };
}

function createEvent(kind: Kind, random: Random): SimEvent {
  switch (kind) {
    case "send":
      return { type: "send", again: random.chance(1, 2) };
    case "continue":
    case "wake":
    case "join":
      return { type: kind };
    case "hear":
      return { type: "hear", life: lifeOf(random), batch: createBatch(random) };
    case "hangUp":
      return { type: "hangUp", life: lifeOf(random), how: random.pick(["dry", "dry", "throw"]) };
    case "pass":
      return { type: "pass", ms: passingMs(random) };
    case "stop":
      return { type: "stop", how: random.pick(["stop", "stop", "stop", "deleted"]) };
    case "crash":
      return { type: "crash", isZombie: random.chance(1, 2) };
    case "cut":
      return { type: "cut", reader: random.below(6) };
    case "resume":
      return { type: "resume", reader: random.below(6), back: random.chance(1, 2) ? 0 : 1 + random.below(6) };
    case "pull":
      return { type: "pull", reader: random.below(6), frames: 1 + random.below(5) };
  }
}

function lifeOf(random: Random): number {
  return random.chance(3, 4) ? 0 : 1 + random.below(2);
}

/** Mostly within a second, where flushes happen; now and then past a deadline. */
function passingMs(random: Random): number {
  if (random.chance(1, 60)) return random.pick([30_000, 60_000, 120_000, 14 * 60_000]);
  return random.chance(1, 5) ? random.below(5_000) : random.below(1_200);
}

function createBatch(random: Random): LlmEvent[] {
  const batch: LlmEvent[] = [];
  do batch.push(createLlmEvent(random));
  while (random.chance(1, 3) && !isLast(batch.at(-1)));
  return batch;
}

function isLast(event: LlmEvent | undefined): boolean {
  return event?.type === "ended" || event?.type === "failed";
}

function createLlmEvent(random: Random): LlmEvent {
  const dice = random.below(40);
  if (dice < 30) return { type: "text", kind: random.chance(1, 5) ? "reasoning" : "answer", text: createText(random) };
  if (dice < 33) return { type: "heard" };
  if (dice < 35) return { type: "finishReason", reason: random.pick(["stop", "length"]) };
  if (dice < 36) return { type: "usage", usage: { inputTokens: random.below(9), outputTokens: random.below(9) } };
  if (dice < 38) return { type: "ended" };
  const wait = random.pick([{}, {}, { retryAfterMs: 3_000 }, { retryAfterMs: 60_000 }]);
  return { type: "failed", code: "provider_error", retryable: random.chance(3, 4), ...wait };
}

/** Whole characters, their halves, and what no log may hold. */
const PIECES = ["a", "b ", "\r\n", "é", "漢字", "😀", "👩‍👩‍👧", "\ud83d", "\ude00", "\0", "data: "] as const;

function createText(random: Random): string {
  let text = "";
  for (let pieces = 1 + random.below(4); pieces > 0; pieces--) text += random.pick(PIECES);
  // Past a flush, and now and then past a frame.
  if (random.chance(1, 50)) text += "😀".repeat(random.pick([1_000, 2_100, 2_100, 9_000]));
  return text;
}

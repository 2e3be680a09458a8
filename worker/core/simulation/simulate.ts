// Many histories, one after the other. What one finds is told by its seed, and shortened to the events that it takes.

import { createHistory, type History } from "./history.ts";
import { createMemoryDisk, type Disk } from "./store.ts";
import type { Violation } from "./witness.ts";
import { runHistory } from "./world.ts";

export type Finding = { seed: number; afterHistories: number; violation: Violation; shortest: History };
export type Outcome = { histories: number; events: number; finding: Finding | null };

/** Runs the histories of `seed`, `seed + 1` and so on, until one breaks a promise. */
export async function simulate(
  seed: number,
  histories: number,
  createDisk: () => Disk = createMemoryDisk,
): Promise<Outcome> {
  let events = 0;
  for (let index = 0; index < histories; index++) {
    const history = createHistory(seed + index);
    events += history.events.length;
    const violation = await runHistory(history, createDisk());
    if (violation === null) continue;
    const shortest = await shorten(history, violation, createDisk);
    return { histories, events, finding: { seed: seed + index, afterHistories: index + 1, violation, shortest } };
  }
  return { histories, events, finding: null };
}

/** Leaves out events for as long as the same promise stays broken: first half of them at once, at last one by one. */
async function shorten(history: History, { promise }: Violation, createDisk: () => Disk): Promise<History> {
  let shortest = history;
  for (let size = Math.ceil(history.events.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < shortest.events.length;) {
      const without = { ...shortest, events: shortest.events.toSpliced(at, size) };
      const isStillBroken = (await runHistory(without, createDisk()))?.promise === promise;
      if (isStillBroken) shortest = without;
      else at += size;
    }
  }
  return shortest;
}

/** A repeated text is told by its beginning and its length. */
function abbreviate(_: string, value: unknown): unknown {
  return typeof value === "string" && value.length > 100 ? `${value.slice(0, 20)}… (${value.length})` : value;
}

/** What a person needs to look into a finding. */
export function describeFinding({ seed, afterHistories, violation, shortest }: Finding): string {
  const events = shortest.events.map((event) => `  ${JSON.stringify(event, abbreviate)}`).join("\n");
  return [
    `promise ${violation.promise} is broken after ${afterHistories} histories: ${violation.fact}`,
    `again with: BRINK_SEED=${seed} BRINK_HISTORIES=1`,
    `shortest history, ending by ${shortest.ending}${shortest.reasons ? ", of a model that reasons" : ""}:`,
    events,
  ].join("\n");
}

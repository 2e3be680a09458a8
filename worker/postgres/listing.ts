// New conversations that the list is to show, gathered over an isolate's conversations: one request a moment instead of
// one each. Nothing is paid off by it, so nobody waits for it; one that failed is told so, and looks after itself.

import { onceAMoment } from "../core/moment.ts";
import type { OwedConversation, WriteFailure } from "../core/owed.ts";

const MOMENT_MS = 100; // Well within the second in which the list is promised to know.
const MOST_ROWS = 50; // A request.

export type Listing = { add(conversation: OwedConversation, onFailure: () => void): void };

/** `write` never rejects. */
export function createListing(write: (rows: OwedConversation[]) => Promise<WriteFailure | null>): Listing {
  let waiting: { row: OwedConversation; onFailure: () => void }[] = [];
  const writeAll = async () => {
    const all = waiting;
    waiting = [];
    const batches = Array.from({ length: Math.ceil(all.length / MOST_ROWS) }, (_, at) =>
      all.slice(at * MOST_ROWS, (at + 1) * MOST_ROWS),
    );
    for (const batch of batches) {
      const failure = await write(batch.map(({ row }) => row));
      // One row that Postgres refuses takes the others of its batch with it: each goes on alone.
      if (failure !== null) for (const { onFailure } of batch) onFailure();
    }
  };
  const writeSoon = onceAMoment(writeAll, MOMENT_MS, Date.now, (ms, run) => setTimeout(run, ms));
  return {
    add(row, onFailure) {
      waiting.push({ row, onFailure });
      void writeSoon();
    },
  };
}

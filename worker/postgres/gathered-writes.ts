// What an isolate's conversations have to tell Postgres at about the same time, gathered for a moment: one request
// instead of one each, which was a tenth of what a short answer cost. Each is told what became of its own.

import { onceAMoment } from "../core/moment.ts";
import type { OwedConversation, OwedMessage, WriteFailure } from "../core/owed.ts";

const MOMENT_MS = 100; // Well within the second in which list and Postgres are promised to know.
const MOST_ROWS = 50; // Conversations a request.
const MOST_LENGTH = 2_000_000; // UTF-16 units a request, about; one alone may have as many.

// A promise that another conversation's life settles would go on in that life, where this one's storage is out of reach:
// so each looks for itself, first when it should have been said.
const FIRST_LOOK_MS = 150;
const LOOK_MS = 50;
const LOST_MS = 8_000; // Longer than Postgres is waited for: whoever was to write this has died.

export type Payment = { conversation: OwedConversation; messages: readonly OwedMessage[] };
type Outcome = WriteFailure | null;
type Waiting = { payment: Payment; onOutcome: (failure: Outcome) => void };

export type GatheredWrites = {
  /**
   * `onOutcome` is called in the context of another conversation, and not at all should that one's life end: it may note
   * what it is told, and no more.
   */
  tell(payment: Payment, onOutcome: Waiting["onOutcome"]): void;
  /** Settles, in the context of whoever asks, when it was written. */
  write(payment: Payment): Promise<Outcome>;
};

/** `write` never rejects. */
export function createGatheredWrites(write: (payments: Payment[]) => Promise<Outcome>): GatheredWrites {
  let waiting: Waiting[] = [];
  const writeBatch = async (batch: Waiting[]): Promise<void> => {
    const failure = await write(batch.map(({ payment }) => payment));
    if (failure?.kind !== "data" || batch.length === 1) {
      for (const { onOutcome } of batch) onOutcome(failure);
      return;
    }
    // A row that Postgres refuses takes the others of its batch with it: each goes on alone.
    for (const one of batch) await writeBatch([one]);
  };
  const writeAll = async () => {
    const all = waiting;
    waiting = [];
    await Promise.all(inBatches(all).map(writeBatch));
  };
  const writeSoon = onceAMoment(writeAll, MOMENT_MS, Date.now, (ms, run) => setTimeout(run, ms));
  const add = (one: Waiting) => {
    waiting.push(one);
    void writeSoon();
  };
  return {
    tell: (payment, onOutcome) => add({ payment, onOutcome }),
    async write(payment) {
      let outcome: Outcome | undefined;
      const onOutcome = (failure: Outcome) => {
        outcome = failure;
      };
      const one = { payment, onOutcome };
      add(one);
      for (let waited = FIRST_LOOK_MS; waited < LOST_MS; waited += LOOK_MS) {
        await scheduler.wait(waited === FIRST_LOOK_MS ? FIRST_LOOK_MS : LOOK_MS);
        if (outcome !== undefined) return outcome;
        // Whoever began the moment may have died before it was over: then this begins another.
        if (waiting.includes(one)) void writeSoon();
      }
      return write([payment]);
    },
  };
}

function inBatches(all: readonly Waiting[]): Waiting[][] {
  const batches: Waiting[][] = [];
  let room = 0;
  for (const one of all) {
    const length = lengthOf(one.payment);
    const batch = batches.at(-1);
    if (batch === undefined || batch.length === MOST_ROWS || length > room) {
      batches.push([one]);
      room = MOST_LENGTH - length;
    } else {
      batch.push(one);
      room -= length;
    }
  }
  return batches;
}

function lengthOf({ messages }: Payment): number {
  return messages.reduce((sum, { text, parts }) => sum + text.length * (parts === null ? 1 : 2), 0);
}

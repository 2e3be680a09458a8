// What an isolate's conversations have to tell Postgres at about the same time, gathered for a moment: one request
// instead of one each, which was a twentieth of what a short answer cost. Each is told what became of its own.

import { type After, onceAMoment } from "../core/moment.ts";
import { type OwedConversation, type OwedMessage, weightOf, type WriteFailure } from "../core/owed.ts";

const MOMENT_MS = 200; // Well within the second in which list and Postgres are promised to know.
const MOST_CONVERSATIONS = 50; // A request.
const MOST_WEIGHT = 2_000_000; // UTF-16 units a request, about; one conversation alone may have as many.

// A promise that another conversation's life settles would go on in that life, where this one's storage is out of reach:
// so each looks for itself, first when it should have been said, then less and less often.
const FIRST_LOOK_MS = 400;
const LOOK_MS = 50;
const LAST_LOOK_MS = 1_000;
const LOST_MS = 15_000; // Far longer than Postgres is waited for: whoever was to write this has died.

export type Payment = { conversation: OwedConversation; messages: readonly OwedMessage[] };

type Outcome = WriteFailure | null;
type Waiting = {
  payment: Payment;
  isListing: boolean;
  /** `alone`: what it was written with was refused; it may have been another's row. */
  onOutcome(outcome: Outcome | "alone"): void;
};

export type GatheredWrites = {
  /**
   * `onSettled` is called in the life of another conversation, where it may note that and no more; and not at all should
   * that life end before.
   */
  tell(payment: Payment, onSettled: (isWritten: boolean) => void): void;
  /** Settles, in the life of whoever asks, when it was written. Never rejects. */
  write(payment: Payment): Promise<Outcome>;
};

export type Clock = { now(): number; after: After; sleep(ms: number): Promise<void> };

const clockOfIsolate: Clock = {
  now: Date.now,
  after: (ms, run) => setTimeout(run, ms),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)), // One turn of the isolate; scheduler.wait takes two.
};

/** `write` never rejects. */
export function createGatheredWrites(
  write: (payments: Payment[]) => Promise<Outcome>,
  clock: Clock = clockOfIsolate,
): GatheredWrites {
  let waiting: Waiting[] = [];
  const writeAll = async () => {
    const all = waiting;
    waiting = [];
    let failure: Outcome = null;
    for (const batch of inBatches(all)) {
      // Once away it is away for all of them: nobody waits for as many timeouts as there are requests.
      if (failure?.kind !== "away") failure = await write(batch.map(({ payment }) => payment));
      const outcome = failure?.kind === "data" && batch.length > 1 ? "alone" : failure;
      for (const { onOutcome } of batch) onOutcome(outcome);
    }
  };
  const writeSoon = onceAMoment(writeAll, MOMENT_MS, clock.now, clock.after);
  const add = (one: Waiting) => {
    waiting.push(one);
    void writeSoon();
  };
  return {
    tell(payment, onSettled) {
      add({ payment, isListing: true, onOutcome: (outcome) => onSettled(outcome === null) });
    },
    async write(payment) {
      const told: { outcome?: Outcome | "alone" } = {};
      const onOutcome: Waiting["onOutcome"] = (outcome) => {
        told.outcome = outcome;
      };
      const one: Waiting = { payment, isListing: false, onOutcome };
      // What was to be listed by itself goes along.
      const { id } = payment.conversation;
      const listing = waiting.find((other) => other.isListing && other.payment.conversation.id === id);
      waiting = waiting.filter((other) => other !== listing);
      listing?.onOutcome(null);
      add(one);
      const lostAt = clock.now() + LOST_MS;
      await clock.sleep(FIRST_LOOK_MS);
      for (let pauseMs = LOOK_MS; told.outcome === undefined && clock.now() < lostAt;) {
        // Whoever began the moment may have died before it was over: then this begins another.
        if (waiting.includes(one)) void writeSoon();
        await clock.sleep(pauseMs);
        pauseMs = Math.min(2 * pauseMs, LAST_LOOK_MS);
      }
      waiting = waiting.filter((other) => other !== one);
      const { outcome = "alone" } = told;
      return outcome === "alone" ? write([payment]) : outcome;
    },
  };
}

function inBatches(all: readonly Waiting[]): Waiting[][] {
  const batches: Waiting[][] = [];
  let room = 0;
  for (const one of all) {
    const weight = weigh(one.payment);
    const batch = batches.at(-1);
    if (batch === undefined || batch.length === MOST_CONVERSATIONS || weight > room) {
      batches.push([one]);
      room = MOST_WEIGHT - weight;
    } else {
      batch.push(one);
      room -= weight;
    }
  }
  return batches;
}

function weigh({ conversation: { system }, messages }: Payment): number {
  return messages.reduce((sum, message) => sum + weightOf(message), system?.length ?? 0);
}

// The fold of PROTOCOL.md held to the letter: what a forgiving reader would repair (a gap, an overlap, a wrong cursor, a
// frame out of place) is written down as a fault. Over any number of connections, as one reader sees them.

import { formatCursor } from "../../protocol/cursor.ts";
import type { StreamEvent } from "../../protocol/events.ts";
import { apply, createTranscript, type Transcript } from "../../protocol/transcript.ts";

export type StrictFold = {
  readonly transcript: Transcript;
  /** Empty when every frame joined exactly on to what was held. */
  readonly faults: readonly string[];
  /** Every attempt that was followed, in order. */
  readonly attempts: readonly number[];
  /** A new connection: its first frame must be `start`. */
  connected(): void;
  take(event: StreamEvent, id: string | undefined): void;
};

export function createStrictFold(generationId: string, transcript: Transcript = createTranscript()): StrictFold {
  const faults: string[] = [];
  const attempts: number[] = [];
  let isFirst = true;

  function checkPlace({ event, data }: StreamEvent): void {
    if (transcript.end !== null) faults.push(`${event} after the end`);
    if (isFirst !== (event === "start")) faults.push(isFirst ? `${event} before the start` : "a second start");
    isFirst = false;
    const { length } = transcript;
    if ((event === "delta" || event === "op") && data.offset !== length) {
      faults.push(`${event} at ${data.offset}, with ${length} held`);
    }
    if (event === "reset" && data.keep > length) faults.push(`reset keeps ${data.keep} of ${length} held`);
  }

  function checkCursor(event: StreamEvent["event"], id: string | undefined): void {
    if (event === "end") return;
    const isCounted = event === "delta" || event === "op" || event === "reset";
    const due = isCounted ? formatCursor(generationId, transcript.attempt, transcript.length) : undefined;
    if (id !== due) faults.push(`${event} with the id ${id}, where ${due} is due`);
  }

  return {
    transcript,
    faults,
    attempts,
    connected: () => void (isFirst = true),
    take(event, id) {
      checkPlace(event);
      const outcome = apply(transcript, event);
      if (outcome === "mismatch") faults.push(`an end at ${transcript.length}, with another length`);
      checkCursor(event.event, id);
      if (attempts.at(-1) !== transcript.attempt) attempts.push(transcript.attempt);
    },
  };
}

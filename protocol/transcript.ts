// The one fold from stream events to text: what a reader holds, and what it must do next. Used by the web app and by
// every test that reads a stream, so that a reader's rules (PROTOCOL.md, "A reader is exact") stand in one place.

import { formatCursor } from "./cursor.ts";
import {
  appendEntry,
  cutLog,
  type EndFrame,
  lengthOf,
  type LogEntry,
  type StartFrame,
  type StreamEvent,
} from "./events.ts";

export type Transcript = {
  start: StartFrame | null;
  /** The attempt whose positions these are; 0 before the first frame. */
  attempt: number;
  /** Positions held: UTF-16 units of all parts together, plus one for each op. */
  length: number;
  log: LogEntry[];
  /** Place in the queue, while there is one and nothing has come. */
  queue: number | null;
  end: EndFrame | null;
};

/**
 * What came of an event. `gap`: the frame lies beyond what is held, so it was dropped; reconnect from `cursorOf`.
 * `mismatch`: the end's length is not what is held; fetch the snapshot.
 */
export type Applied = "applied" | "gap" | "ended" | "mismatch";

export function createTranscript(): Transcript {
  return { start: null, attempt: 0, length: 0, log: [], queue: null, end: null };
}

/** A transcript that goes on from a snapshot's text: what a reloaded page holds before it connects. */
export function resumeTranscript(attempt: number, log: readonly LogEntry[], length: number): Transcript {
  return { ...createTranscript(), attempt, length, log: [...log] };
}

/** Where to resume from; undefined while nothing is held, which means from the start. */
export function cursorOf(transcript: Transcript, generationId: string): string | undefined {
  return transcript.attempt === 0 ? undefined : formatCursor(generationId, transcript.attempt, transcript.length);
}

/** Folds one event into `transcript`, changing it: a copy per token would make long answers quadratic. */
export function apply(transcript: Transcript, event: StreamEvent): Applied {
  switch (event.event) {
    case "start":
      transcript.start = event.data;
      // With something held, only a reset may change the attempt: it alone says what to keep.
      if (transcript.length === 0) transcript.attempt = event.data.attempt;
      return "applied";
    case "notice":
      transcript.queue = event.data.queue ?? null;
      return "applied";
    case "delta":
      return append(transcript, event.data.offset, { part: event.data.part, text: event.data.text });
    case "op":
      return append(transcript, event.data.offset, { op: event.data.op });
    case "reset":
      transcript.attempt = event.data.attempt;
      cut(transcript, event.data.keep);
      return "applied";
    case "end":
      transcript.end = event.data;
      transcript.queue = null;
      return transcript.length === event.data.length ? "ended" : "mismatch";
  }
}

function append(transcript: Transcript, offset: number, entry: LogEntry): Applied {
  if (offset > transcript.length) return "gap";
  cut(transcript, offset);
  appendEntry(transcript.log, entry);
  transcript.length += lengthOf(entry);
  transcript.queue = null;
  return "applied";
}

function cut(transcript: Transcript, length: number): void {
  if (length >= transcript.length) return;
  cutLog(transcript.log, length);
  transcript.length = length;
}

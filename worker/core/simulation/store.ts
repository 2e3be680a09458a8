// What survives a crash, as a port: the rows of one conversation's answers. Here in memory, fast enough for a hundred
// thousand histories; `worker/conversation/simulation.test.ts` puts the object's real SQLite in its place.

import { appendEntry, type LogEntry } from "../../../protocol/events.ts";
import type { Growth } from "../flush.ts";
import { type Generation, isLive } from "../generation.ts";

export type Found = { seq: number; generation: Generation };

export type Writer = { generationId: string; attempt: number };

/** One life's access to the disk. */
export type Store = {
  /** The message that is being written, or null. */
  readLiveSeq(): number | null;
  /** Stores a new message with its first generation, and that it is being written. */
  begin(seq: number, generation: Generation): void;
  /** Gives a message a generation that goes on where its last one ended. */
  goOn(seq: number, generation: Generation): void;
  newestOf(seq: number): Generation | null;
  find(generationId: string): Found | null;
  readLog(seq: number): LogEntry[];
  /** False, and nothing is stored, when another attempt has begun or this one has ended. */
  appendLog(seq: number, offset: number, entries: readonly LogEntry[], writer: Writer): boolean;
  /** With what its log has grown by, at an end. False, and nothing is stored, when the row is of another attempt than `from`. */
  saveGeneration(seq: number, from: number, generation: Generation, growth?: Growth): boolean;
  /** Nothing is being written any more. */
  endLive(): void;
};

/** The disk: each life opens it anew, so that nothing is remembered between two of them but what was stored. */
export type Disk = { open(): Store };

type Row = { newest: Generation; log: LogEntry[]; past: Map<string, Generation> };

export function createMemoryDisk(): Disk {
  const rows = new Map<number, Row>();
  let liveSeq: number | null = null;

  const rowAt = (seq: number): Row => {
    const row = rows.get(seq);
    if (row === undefined) throw new Error(`no message ${seq}`);
    return row;
  };
  const store: Store = {
    readLiveSeq: () => liveSeq,
    begin(seq, generation) {
      rows.set(seq, { newest: asStored(generation), log: [], past: new Map() });
      liveSeq = seq;
    },
    goOn(seq, generation) {
      const row = rowAt(seq);
      row.past.set(row.newest.id, row.newest);
      row.newest = asStored(generation);
      liveSeq = seq;
    },
    newestOf: (seq) => rows.get(seq)?.newest ?? null,
    find(generationId) {
      for (const [seq, { newest, past }] of rows) {
        const generation = newest.id === generationId ? newest : past.get(generationId);
        if (generation !== undefined) return { seq, generation };
      }
      return null;
    },
    readLog: (seq) => [...rowAt(seq).log],
    appendLog(seq, _, entries, { generationId, attempt }) {
      const { newest, log } = rowAt(seq);
      if (newest.id !== generationId || newest.attempt !== attempt || !isLive(newest.state)) return false;
      for (const entry of entries) appendEntry(log, asUtf8(entry));
      return true;
    },
    saveGeneration(seq, from, generation, growth) {
      const row = rowAt(seq);
      if (row.newest.id !== generation.id || row.newest.attempt !== from) return false;
      for (const entry of growth?.entries ?? []) appendEntry(row.log, asUtf8(entry));
      row.newest = asStored(generation, row.newest.startedAt);
      return true;
    },
    endLive() {
      liveSeq = null;
    },
  };
  return { open: () => store };
}

/** What comes back of a stored generation: the times of an attempt are not kept. */
export function asStored(generation: Generation, startedAt = generation.startedAt): Generation {
  return { ...generation, startedAt, attemptAt: startedAt, heardAt: null };
}

/** SQLite stores UTF-8: half a pair comes back as U+FFFD. */
function asUtf8(entry: LogEntry): LogEntry {
  return "op" in entry ? entry : { part: entry.part, text: entry.text.toWellFormed() };
}

// One generation's log in memory, and its frames. Append-only within an attempt. A frame is encoded when the first reader
// asks for it, once for all readers at its cursor; one that comes from further back gets frames cut to measure.

import { formatCursor } from "../../protocol/cursor.ts";
import {
  appendEntry,
  cutLog,
  type DeltaFrame,
  type EndFrame,
  type LogEntry,
  lengthOf,
  type StartFrame,
} from "../../protocol/events.ts";
import { formatFrame } from "../../protocol/sse.ts";
import { timers } from "./timers.ts";

const FRAME_LENGTH = 16_384; // UTF-16 units: no frame is larger, however much a reader has missed.
const CROWD = 8; // From so many readers on, waking them costs more than all else that a token costs.
const CROWD_MS = 100; // Below what reading notices.
// Kept, encoded or not; a reader further behind than this is served from the text. Few: most answers have one reader, who
// wants each frame once, and what a thousand answers keep is copied about by the garbage collector.
const RECENT_FRAMES = 4;

type Frame = { offset: number; next: number; entry: LogEntry; bytes: Uint8Array | null };
/** Where a reader stands. */
export type Position = { attempt: number; offset: number };

const encoder = new TextEncoder();

export class AnswerLog {
  readonly #start: Omit<StartFrame, "attempt">;
  #attempt: number;
  #keeps: readonly number[];
  #entries: LogEntry[];
  /** Where each of them begins: a reader finds its own without walking through all that comes before. */
  #starts: number[] = [];
  #length = 0;
  #recent: Frame[] = [];
  #end: { frame: EndFrame; bytes: Uint8Array } | null = null;
  #change = Promise.withResolvers<void>();
  /** How many wait for the next change. */
  #waiting = 0;
  #cancelWake: (() => void) | null = null;
  /** Counts the moments at which a silent line should show that it is alive. */
  beats = 0;

  constructor(start: Omit<StartFrame, "attempt">, attempt: number, keeps: readonly number[], entries: LogEntry[]) {
    this.#start = start;
    this.#attempt = attempt;
    this.#keeps = keeps;
    this.#entries = entries;
    for (const entry of entries) {
      this.#starts.push(this.#length);
      this.#length += lengthOf(entry);
    }
  }

  get start(): StartFrame {
    return { ...this.#start, attempt: this.#attempt };
  }
  get attempt(): number {
    return this.#attempt;
  }
  get length(): number {
    return this.#length;
  }
  get entries(): readonly LogEntry[] {
    return this.#entries;
  }
  get isEnded(): boolean {
    return this.#end !== null;
  }
  get cursor(): string {
    return formatCursor(this.#start.generationId, this.#attempt, this.#length);
  }
  /** Settles at the next append, reset, beat or end; a crowd is told of appends by the moment, all at once. */
  nextChange(): Promise<void> {
    this.#waiting++;
    return this.#change.promise;
  }

  append(entry: LogEntry): void {
    appendEntry(this.#entries, entry);
    if (this.#entries.length > this.#starts.length) this.#starts.push(this.#length);
    for (let rest: LogEntry | null = entry; rest !== null;) {
      const piece: LogEntry = "op" in rest ? rest : { part: rest.part, text: cut(rest.text, 0) };
      this.#addFrame(piece);
      rest = without(rest, lengthOf(piece));
    }
    this.#wakeSoon();
  }

  #addFrame(entry: LogEntry): void {
    const offset = this.#length;
    this.#length += lengthOf(entry);
    const last = this.#recent.at(-1);
    // Nobody was told of the last one, and nobody has seen it: it may as well be longer.
    const merged =
      this.#cancelWake !== null && last !== undefined && last.bytes === null ? merge(last.entry, entry) : null;
    if (last !== undefined && merged !== null) {
      last.next = this.#length;
      last.entry = merged;
      return;
    }
    if (this.#recent.length >= RECENT_FRAMES) this.#recent.shift();
    this.#recent.push({ offset, next: this.#length, entry, bytes: null });
  }

  /** A new attempt: readers cut to `keep` and go on. */
  reset(attempt: number, keep: number): void {
    this.#attempt = attempt;
    this.#keeps = [...this.#keeps, keep];
    cutLog(this.#entries, keep);
    this.#starts.length = this.#entries.length;
    this.#length = keep;
    this.#recent = [];
    this.#wake();
  }

  end(frame: EndFrame): void {
    this.#end = { frame, bytes: encoder.encode(formatFrame({ event: "end", data: frame }, this.cursor)) };
    this.#wake();
  }

  beat(): void {
    this.beats++;
    this.#wake();
  }

  /** Whether a position was ever in this log. One of an earlier attempt is never ahead: a reset tells it where to cut. */
  has({ attempt, offset }: Position): boolean {
    if (attempt !== this.#attempt) return attempt < this.#attempt;
    return offset <= this.#length && !this.#isInsidePair(offset);
  }

  #isInsidePair(offset: number): boolean {
    const found = this.#find(offset);
    if (found === null || "op" in found.entry || offset === found.start) return false;
    const unit = found.entry.text.charCodeAt(offset - found.start);
    return unit >= 0xdc00 && unit <= 0xdfff;
  }

  /** The entry that a position is in, and where it begins; null from the log's end on. */
  #find(offset: number): { entry: LogEntry; start: number } | null {
    if (offset >= this.#length) return null;
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const [entry, start] = [this.#entries[low], this.#starts[low]];
    return entry === undefined || start === undefined ? null : { entry, start };
  }

  /** The next bytes for a reader at `position`, and where it stands with them; null when it holds everything. */
  read(position: Position): { bytes: Uint8Array; position: Position; isLast: boolean } | null {
    if (position.attempt < this.#attempt) return this.#readReset(position);
    if (position.offset < this.#length) {
      const { bytes, next } = this.#readRecent(position.offset) ?? this.#readText(position.offset);
      return { bytes, position: { attempt: this.#attempt, offset: next }, isLast: false };
    }
    return this.#end === null ? null : { bytes: this.#end.bytes, position, isLast: true };
  }

  #readReset({ attempt, offset }: Position): { bytes: Uint8Array; position: Position; isLast: boolean } {
    // keeps[i] is that of attempt i + 2: those begun after the reader's own are from index attempt - 1 on.
    const keep = Math.min(offset, this.#length, ...this.#keeps.slice(attempt - 1));
    const cursor = formatCursor(this.#start.generationId, this.#attempt, keep);
    const frame = formatFrame({ event: "reset", data: { attempt: this.#attempt, keep } }, cursor);
    return { bytes: encoder.encode(frame), position: { attempt: this.#attempt, offset: keep }, isLast: false };
  }

  #readRecent(offset: number): { bytes: Uint8Array; next: number } | null {
    const last = this.#recent.at(-1);
    const frame = last?.offset === offset ? last : this.#recent.find((one) => one.offset === offset);
    if (frame === undefined) return null;
    frame.bytes ??= encoder.encode(this.#format(offset, frame.entry));
    return { bytes: frame.bytes, next: frame.next };
  }

  #readText(offset: number): { bytes: Uint8Array; next: number } {
    const found = this.#find(offset);
    if (found === null) throw new RangeError(`offset ${offset} is past the log's ${this.#length}`);
    const { entry, start } = found;
    const piece = "op" in entry ? entry : { part: entry.part, text: cut(entry.text, offset - start) };
    return { bytes: encoder.encode(this.#format(offset, piece)), next: offset + lengthOf(piece) };
  }

  #format(offset: number, entry: LogEntry): string {
    const cursor = formatCursor(this.#start.generationId, this.#attempt, offset + lengthOf(entry));
    if ("op" in entry) return formatFrame({ event: "op", data: { offset, op: entry.op } }, cursor);
    const data: DeltaFrame = { offset, part: entry.part, text: entry.text };
    return formatFrame({ event: "delta", data }, cursor);
  }

  #wakeSoon(): void {
    if (this.#waiting < CROWD) this.#wake();
    else this.#cancelWake ??= timers.after(CROWD_MS, () => this.#wake());
  }

  #wake(): void {
    this.#cancelWake?.();
    this.#cancelWake = null;
    this.#waiting = 0;
    const change = this.#change;
    this.#change = Promise.withResolvers<void>();
    change.resolve();
  }
}

/** At most a frame's worth of text from `from` on, never ending between the halves of a surrogate pair. */
function cut(text: string, from: number): string {
  const end = from + FRAME_LENGTH;
  if (end >= text.length) return text.slice(from);
  const last = text.charCodeAt(end - 1);
  return text.slice(from, last >= 0xd800 && last <= 0xdbff ? end - 1 : end);
}

/** Both as one frame; null where that would be none, or too large. */
function merge(first: LogEntry, second: LogEntry): LogEntry | null {
  if ("op" in first || "op" in second || first.part !== second.part) return null;
  if (first.text.length + second.text.length > FRAME_LENGTH) return null;
  return { part: first.part, text: first.text + second.text };
}

/** What is left of an entry after its first positions; null for nothing. */
function without(entry: LogEntry, length: number): LogEntry | null {
  return "op" in entry || length >= entry.text.length ? null : { part: entry.part, text: entry.text.slice(length) };
}

export function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

// Sees everything that a history does, and holds it against the promises (protocol/PROTOCOL.md, by number). It notes the
// first broken one and throws nothing: what is thrown inside an answer's loop would be taken for a provider's failure.

import type { AnswerLog } from "../../conversation/answer-log.ts";
import type { LlmEvent } from "../../llm/provider.ts";
import { toStorableText } from "../../../protocol/api.ts";
import { appendEntry, type LogEntry, lengthOf } from "../../../protocol/events.ts";
import { FIRST_BYTE_REASONING_MS, type Generation, isLive, SILENCE_MS, TOTAL_MS } from "../generation.ts";

const FLUSH_MS = 1_000; // By promise 8, not by the code's constant: a test that reads it there cannot find it wrong.
const FLUSH_LENGTH = 4_096; // Or a fourth of what is stored, where that is more,
const MOST_LENGTH = 65_536; // and no more than this.
const TICK_MS = 1_000;
const MAX_WAIT_MS = 10_000;

export type Violation = { promise: number; fact: string };

type Said = { log: LogEntry[]; hasReasoning: boolean; hasReason: boolean; isClean: boolean };

/** What is known of one generation by having watched it. */
export type Truth = {
  /** The log that it goes on from: empty, unless it continues a message. */
  readonly base: readonly LogEntry[];
  readonly startedAt: number;
  /** What each attempt has shown, at its longest. */
  readonly shown: Map<number, LogEntry[]>;
  /** Calls to the model, by attempt. */
  readonly calls: Map<number, number>;
  /** What the model said, by attempt: its words as they came, and of its end. */
  readonly said: Map<number, Said>;
  /** Since when the present attempt has heard nothing, and whether it ever did. */
  quiet: { attempt: number; since: number; hasHeard: boolean };
  /** When the writer's log grew to which length, from the first growth that is not stored. */
  growth: { attempt: number; steps: { length: number; at: number }[] };
  /** The row as it ended, and the frame that said so. */
  row: Generation | null;
  end: string | null;
};

export class Witness {
  violation: Violation | null = null;
  readonly #truths = new Map<string, Truth>();

  fail(promise: number, fact: string): void {
    this.violation ??= { promise, fact };
  }

  expect(isTrue: boolean, promise: number, fact: string): void {
    if (!isTrue) this.fail(promise, fact);
  }

  began(generationId: string, base: readonly LogEntry[], now: number): void {
    const quiet = { attempt: 1, since: now, hasHeard: false };
    const maps = { shown: new Map(), calls: new Map(), said: new Map() };
    this.#truths.set(generationId, {
      base,
      startedAt: now,
      ...maps,
      quiet,
      growth: { attempt: 0, steps: [] },
      row: null,
      end: null,
    });
  }

  truthOf(generationId: string): Truth {
    const truth = this.#truths.get(generationId);
    if (truth === undefined) throw new Error(`nobody began ${generationId}`);
    return truth;
  }

  /** The model is called. */
  called(generationId: string, attempt: number): void {
    const { calls } = this.truthOf(generationId);
    const times = (calls.get(attempt) ?? 0) + 1;
    calls.set(attempt, times);
    this.expect(times === 1, 5, `attempt ${attempt} called the model ${times} times`);
  }

  heard(generationId: string, attempt: number, batch: readonly LlmEvent[], now: number): void {
    const truth = this.truthOf(generationId);
    const hasReasoning = truth.base.some((entry) => "op" in entry);
    const said = truth.said.get(attempt) ?? { log: [...truth.base], hasReasoning, hasReason: false, isClean: false };
    truth.said.set(attempt, said);
    for (const event of batch) {
      if (event.type === "text") noteText(said, event.kind, event.text);
      if (event.type === "finishReason") said.hasReason = true;
      if (event.type === "ended") said.isClean = true;
      if (event.type === "ended" || event.type === "failed") break;
    }
    if (truth.quiet.attempt === attempt) truth.quiet = { attempt, since: now, hasHeard: true };
  }

  /** A flush that was accepted, onto a stored log of `stored` positions. */
  flushed(isOwner: boolean, stored: number, offset: number, entries: readonly LogEntry[]): void {
    this.expect(isOwner, 9, "a stale life's text was stored");
    this.expect(offset === stored, 8, `text for offset ${offset} was stored at ${stored}`);
    for (const entry of entries) {
      if ("text" in entry) this.expect(isWhole(entry.text), 1, "a flush was cut inside a pair, or holds NUL");
    }
  }

  /** A row that was accepted in place of `before`, while `stored` positions are stored. */
  saved(isOwner: boolean, before: Generation, after: Generation, stored: number, now: number): void {
    const truth = this.truthOf(after.id);
    this.expect(isOwner, 9, "a stale life's state was stored");
    this.expect(isLive(before.state), 3, `${before.state} became ${after.state}`);
    this.expect(
      after.keeps.length === after.attempt - 1,
      2,
      `attempt ${after.attempt} has ${after.keeps.length} keeps`,
    );
    if (isLive(after.state)) {
      const shown = lengthOfLog(truth.shown.get(before.attempt) ?? []);
      this.expect(shown <= lengthOfLog(truth.base), 2, "asked again after text was shown");
      this.expect(after.attempt === before.attempt + 1, 9, "a new call without a new attempt");
      // The wait before the call is not the model's silence, and is short.
      this.expect(after.attemptAt - now <= MAX_WAIT_MS, 7, `waits ${after.attemptAt - now} ms before it asks again`);
      truth.quiet = { attempt: after.attempt, since: after.attemptAt, hasHeard: false };
    } else {
      this.expect(truth.row === null, 5, "ended, and was charged, twice");
      this.expect(after.length === stored, 1, `ended with length ${after.length}, and ${stored} is stored`);
      const said = truth.said.get(after.attempt);
      const isProven = said?.hasReason === true && said.isClean;
      this.expect(after.state !== "complete" || isProven, 7, "complete without a finish_reason and a clean end");
      truth.row = after;
    }
  }

  /** A log as it stands in some life: it only ever grows within an attempt, and ends as all others do. */
  saw(generationId: string, log: AnswerLog): void {
    const truth = this.truthOf(generationId);
    const before = truth.shown.get(log.attempt);
    const entries = log.entries;
    this.expect(
      before === undefined || isPrefix(before, entries),
      2,
      `attempt ${log.attempt} changed what it had shown`,
    );
    if (before === undefined || lengthOfLog(before) !== log.length) {
      const said = truth.said.get(log.attempt)?.log;
      const isSaid = said === undefined || isPrefix(entries, said.map(toStorable));
      this.expect(isSaid, 1, "a log holds what the model did not say");
    }
    truth.shown.set(log.attempt, [...entries]);
    if (log.isEnded) this.ended(generationId, endOf(log));
  }

  /** An `end`, as its data went out to somebody. */
  ended(generationId: string, frame: string): void {
    const truth = this.truthOf(generationId);
    truth.end ??= frame;
    this.expect(truth.end === frame, 3, `two ends: ${truth.end} and ${frame}`);
    this.expect(
      truth.row !== null && frame.includes(`"state":"${truth.row.state}","length":${truth.row.length}`),
      3,
      "an end that is not stored",
    );
  }

  /** The answer that is being written, beside what of it is stored. */
  checkLive(
    { id, attempt, reasons, base, finishReason }: Generation,
    log: AnswerLog,
    stored: readonly LogEntry[],
    now: number,
  ): void {
    const truth = this.truthOf(id);
    this.expect(isPrefix(stored, log.entries), 8, "what is stored is not the beginning of what is shown");
    const length = lengthOfLog(stored);
    this.expect(
      log.length - length < Math.max(FLUSH_LENGTH, Math.min(MOST_LENGTH, length / 4)),
      8,
      `${log.length - length} positions are shown and not stored`,
    );
    if (truth.growth.attempt !== attempt) truth.growth = { attempt, steps: [] };
    const { steps } = truth.growth;
    if (log.length > (steps.at(-1)?.length ?? length)) steps.push({ length: log.length, at: now });
    while ((steps[0]?.length ?? Infinity) <= length) steps.shift();
    const oldest = steps[0]?.at ?? now;
    this.expect(now - oldest <= FLUSH_MS, 8, `text was shown ${now - oldest} ms ago and is not stored`);
    this.expect(now - truth.startedAt <= TOTAL_MS + TICK_MS, 7, "live for longer than an answer may be");
    const { since, hasHeard } = truth.quiet;
    // A reasoning model that has said nothing may be thinking, whatever signs of life it gave.
    const mayThink = reasons && log.length === base && finishReason === null;
    const patienceMs = mayThink ? FIRST_BYTE_REASONING_MS : hasHeard ? SILENCE_MS : FIRST_BYTE_REASONING_MS / 4;
    this.expect(truth.quiet.attempt === attempt, 9, `attempt ${attempt} writes, and is not stored`);
    this.expect(now - since <= patienceMs + TICK_MS, 7, `live after ${now - since} ms of silence`);
  }
}

/** The data of the frame with which a log ended. */
export function endOf(log: AnswerLog): string {
  const last = log.read({ attempt: log.attempt, offset: log.length });
  const frame = last === null ? "" : new TextDecoder().decode(last.bytes);
  return frame.slice(frame.indexOf("data: ") + "data: ".length).trimEnd();
}

/** Whether a coalesced log is the beginning of another. */
export function isPrefix(part: readonly LogEntry[], whole: readonly LogEntry[]): boolean {
  return part.every((entry, index) => {
    const other = whole[index];
    if (other === undefined) return false;
    if ("op" in entry) return "op" in other && entry.op.type === other.op.type;
    if ("op" in other || other.part !== entry.part) return false;
    return index === part.length - 1 ? other.text.startsWith(entry.text) : other.text === entry.text;
  });
}

export function lengthOfLog(log: readonly LogEntry[]): number {
  return log.reduce((sum, entry) => sum + lengthOf(entry), 0);
}

/** The first words of reasoning open their part. */
function noteText(said: Said, kind: "answer" | "reasoning", text: string): void {
  const isFirst = kind === "reasoning" && text !== "" && !said.hasReasoning;
  if (isFirst) said.log.push({ op: { type: "part", part: 1, kind } });
  said.hasReasoning ||= isFirst;
  appendEntry(said.log, { part: kind === "answer" ? 0 : 1, text });
}

function toStorable(entry: LogEntry): LogEntry {
  return "op" in entry ? entry : { part: entry.part, text: toStorableText(entry.text) };
}

export function isWhole(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

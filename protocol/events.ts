// The frames of a stream, as PROTOCOL.md has them. Data only: no behaviour lives here.

import type { EndCode } from "./errors.ts";

export type GenerationState = "queued" | "streaming" | "complete" | "stopped" | "failed" | "interrupted";
export type EndState = Exclude<GenerationState, "queued" | "streaming">;

export type Usage = { inputTokens: number; outputTokens: number };

/**
 * What is in a log and is not text. A reader ignores types that it does not know, but counts their position: it keeps
 * them as `unknown`.
 */
export type Op = { type: "part"; part: number; kind: string } | { type: "unknown" };

export type StartFrame = {
  generationId: string;
  messageId: string;
  userMessageId: string;
  attempt: number;
  model: string;
  cached: boolean;
};
export type DeltaFrame = { offset: number; part: number; text: string };
export type OpFrame = { offset: number; op: Op };
export type NoticeFrame = { queue?: number };
export type ResetFrame = { attempt: number; keep: number };
export type EndFrame = {
  state: EndState;
  length: number;
  finishReason?: string;
  usage?: Usage;
  costUsd?: number;
  error?: { code: EndCode; detail: string };
};

export type StreamEvent =
  | { event: "start"; data: StartFrame }
  | { event: "delta"; data: DeltaFrame }
  | { event: "op"; data: OpFrame }
  | { event: "notice"; data: NoticeFrame }
  | { event: "reset"; data: ResetFrame }
  | { event: "end"; data: EndFrame };

/** One piece of a message's log, coalesced: a run of one part's text, or an op. */
export type LogEntry = { part: number; text: string } | { op: Op };

/** Positions that an entry takes in its log: UTF-16 units of text, or one for an op. */
export function lengthOf(entry: LogEntry): number {
  return "op" in entry ? 1 : entry.text.length;
}

/** Appends to a coalesced log, joining the text of one part where it touches. Changes `log`. */
export function appendEntry(log: LogEntry[], entry: LogEntry): void {
  const last = log.at(-1);
  if (last !== undefined && "text" in last && "text" in entry && last.part === entry.part) {
    log[log.length - 1] = { part: last.part, text: last.text + entry.text };
  } else if ("op" in entry || entry.text !== "") {
    log.push(entry);
  }
}

/** Cuts a log to its first `length` positions. Changes `log`. */
export function cutLog(log: LogEntry[], length: number): void {
  let position = 0;
  for (let index = 0; index < log.length; index++) {
    const entry = log[index];
    if (entry === undefined) return;
    const next = position + lengthOf(entry);
    if (next > length) {
      log.length = index;
      if ("text" in entry && length > position)
        log.push({ part: entry.part, text: entry.text.slice(0, length - position) });
      return;
    }
    position = next;
  }
}

/** The text of one part of a log; part 0 is the answer. */
export function textOf(log: readonly LogEntry[], part = 0): string {
  let text = "";
  for (const entry of log) if ("text" in entry && entry.part === part) text += entry.text;
  return text;
}

/** A message's `parts`: its log, unless the log is one run of part 0, which `text` says already. */
export function partsOf(log: readonly LogEntry[]): LogEntry[] | undefined {
  const isPlain = log.every((entry) => "text" in entry && entry.part === 0);
  return isPlain ? undefined : [...log];
}

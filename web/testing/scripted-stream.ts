// For tests: one generation's log, answered from a cursor as PROTOCOL.md says, on lines that break where a test wants
// them to.

import { formatCursor, parseCursor } from "../../protocol/cursor.ts";
import { appendEntry, cutLog, type EndFrame, lengthOf, type LogEntry } from "../../protocol/events.ts";
import { formatFrame, HEARTBEAT_FRAME } from "../../protocol/sse.ts";

export const GENERATION = "01890a5d-ac96-774b-bcce-b302099a8057";
export const START = {
  generationId: GENERATION,
  messageId: "01890a5d-ac96-774b-bcce-b302099a8058",
  userMessageId: "01890a5d-ac96-774b-bcce-b302099a8059",
  model: "test",
  cached: false,
};

export type Attempt = { keep: number; entries: LogEntry[] };

/** What is stored in the end: each attempt keeps the first `keep` positions and appends its own entries. */
export function finalLog(attempts: readonly Attempt[]): LogEntry[] {
  const log: LogEntry[] = [];
  for (const { keep, entries } of attempts) {
    cutLog(log, keep);
    for (const entry of entries) appendEntry(log, structuredClone(entry));
  }
  return log;
}

const lengthOfLog = (log: readonly LogEntry[]) => log.reduce((sum, entry) => sum + lengthOf(entry), 0);

/** The whole response behind `cursor`, in frames. `stepLength`: the units of text in one delta. */
export function framesAfter(attempts: readonly Attempt[], cursor: string | undefined, stepLength = 7): string[] {
  const attempt = attempts.length;
  const log = finalLog(attempts);
  const frames = [formatFrame({ event: "start", data: { ...START, attempt } })];
  const from = cursor === undefined ? null : parseCursor(cursor);
  let position = from?.offset ?? 0;
  if (from !== null && from.attempt < attempt) {
    for (const later of attempts.slice(from.attempt)) position = Math.min(position, later.keep);
    const id = formatCursor(GENERATION, attempt, position);
    frames.push(formatFrame({ event: "reset", data: { attempt, keep: position } }, id));
  }
  let offset = 0;
  for (const entry of log) {
    const next = offset + lengthOf(entry);
    if ("op" in entry && offset >= position) {
      frames.push(
        formatFrame({ event: "op", data: { offset, op: entry.op } }, formatCursor(GENERATION, attempt, next)),
      );
    } else if ("text" in entry) {
      for (let at = Math.max(offset, position); at < next; at += stepLength) {
        const text = entry.text.slice(at - offset, at - offset + stepLength);
        const id = formatCursor(GENERATION, attempt, at + text.length);
        frames.push(formatFrame({ event: "delta", data: { offset: at, part: entry.part, text } }, id), HEARTBEAT_FRAME);
      }
    }
    offset = next;
  }
  const end: EndFrame = { state: "complete", length: lengthOfLog(log), finishReason: "stop" };
  frames.push(formatFrame({ event: "end", data: end }, formatCursor(GENERATION, attempt, end.length)));
  return frames;
}

/** A body of these bytes in chunks of `chunkLength`, which then ends, breaks, or falls silent. */
export function bodyOf(
  bytes: Uint8Array,
  last: "fin" | "reset" | "silence" = "fin",
  chunkLength = Infinity,
): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (at < bytes.length) {
          controller.enqueue(bytes.slice(at, at + chunkLength));
          at += chunkLength;
        } else if (last === "fin") controller.close();
        else if (last === "reset") controller.error(new TypeError("connection reset"));
        else await new Promise(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}

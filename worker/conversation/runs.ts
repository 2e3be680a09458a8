// What a log has grown by, cut to runs that a row of the object's SQLite may hold: a row takes 2 MB, whoever sent it.

import type { LogEntry } from "../../protocol/events.ts";
import { RUN_LENGTH } from "./schema.ts";

/** In order, each of at most `RUN_LENGTH` units. None ends between the halves of a pair: SQLite stores UTF-8. */
export function* inRuns(entries: readonly LogEntry[]): Generator<LogEntry> {
  for (const entry of entries) {
    if ("op" in entry || entry.text.length <= RUN_LENGTH) {
      yield entry;
      continue;
    }
    const { part, text } = entry;
    for (let from = 0, end; from < text.length; from = end) {
      end = endOfRun(text, from);
      yield { part, text: text.slice(from, end) };
    }
  }
}

function endOfRun(text: string, from: number): number {
  const end = from + RUN_LENGTH;
  if (end >= text.length) return text.length;
  const last = text.charCodeAt(end - 1);
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}

// What a conversation looks like from outside: its snapshot and its line in the list. Reads, never writes.

import type { ConversationItem, Live, Message, Snapshot } from "../../protocol/api.ts";
import { endings } from "../../protocol/errors.ts";
import { type LogEntry, partsOf, textOf } from "../../protocol/events.ts";
import { isLive } from "../core/generation.ts";
import type { Journal, ListedMessage } from "./journal.ts";
import type { LiveAnswer } from "./live-answer.ts";
import type { ConversationRecord } from "./rows.ts";

const PAGE_LENGTH = 4_000_000; // UTF-16 units of JSON, about: two hundred answers of a megabyte fit in no isolate.
const RUN_FRAME_LENGTH = 24; // What stands around the text of a run in `parts`.

export function readSnapshot(
  record: ConversationRecord,
  journal: Journal,
  live: LiveAnswer | null,
  before: number | null,
  limit: number,
): Snapshot {
  const rows = journal.listBefore(before ?? record.nextSeq, limit + 1);
  const messages: Message[] = [];
  let length = 0;
  for (const row of rows.slice(0, limit)) {
    // No answer weighs less than its log is long: one that does not fit is not read.
    if (messages.length > 0 && length + (row.answer?.generation.length ?? 0) > PAGE_LENGTH) break;
    const message = toMessage(row, live?.generation.id === row.answer?.generation.id ? live : null, journal);
    length += weightOf(message);
    if (messages.length > 0 && length > PAGE_LENGTH) break;
    messages.push(message);
  }
  const oldest = messages.at(-1);
  return {
    id: record.id,
    rev: record.rev,
    title: record.title,
    model: record.model,
    system: record.system,
    activeLeafId: record.activeLeaf === null ? null : journal.idAt(record.activeLeaf),
    messages: messages.reverse(),
    live: live === null ? null : toLive(live),
    nextBefore: oldest !== undefined && messages.length < rows.length ? oldest.seq : null,
  };
}

export function toItem(record: ConversationRecord): ConversationItem {
  const { id, title, model, pinned, archived } = record;
  const createdAt = new Date(record.createdAt).toISOString();
  return { id, title, model, createdAt, updatedAt: new Date(record.updatedAt).toISOString(), pinned, archived };
}

function toLive(live: LiveAnswer): Live {
  const { generation, log } = live;
  return {
    generationId: generation.id,
    messageId: log.start.messageId,
    attempt: log.attempt,
    state: generation.state,
    cursor: log.cursor,
    ...wordsOf(log.entries),
  };
}

function toMessage(row: ListedMessage, live: LiveAnswer | null, journal: Journal): Message {
  const { id, parentId, seq, role, answer } = row;
  const common = { id, parentId, seq, role, createdAt: new Date(row.createdAt).toISOString() };
  if (answer === null) return { ...common, text: row.isLong ? textOf(journal.readLog(seq)) : row.text };
  const { generation, model, costUsd, isCached } = live === null ? answer : { ...answer, generation: live.generation };
  const { state, finishReason, usage, error } = generation;
  return {
    ...common,
    ...wordsOf(live?.log.entries ?? journal.readLog(seq)),
    state,
    model,
    generationId: generation.id,
    cached: isCached,
    ...(finishReason !== null && { finishReason }),
    ...(usage !== null && { usage }),
    ...(costUsd !== null && !isLive(state) && { costUsd }),
    ...(error !== null && { error: { code: error, detail: endings[error] } }),
  };
}

function wordsOf(log: readonly LogEntry[]): { text: string; parts?: LogEntry[] } {
  const parts = partsOf(log);
  return { text: textOf(log), ...(parts !== undefined && { parts }) };
}

/** What a message's words take in JSON, about, in UTF-16 units. */
function weightOf({ text, parts = [] }: Message): number {
  let weight = encodedLength(text);
  for (const entry of parts) weight += RUN_FRAME_LENGTH + ("text" in entry ? encodedLength(entry.text) : 0);
  return weight;
}

/** Control characters are written as six units, but for those five that JSON has a short name for. */
function encodedLength(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 && !(unit >= 0x08 && unit <= 0x0d && unit !== 0x0b)) length += 5;
  }
  return length;
}

// What a conversation looks like from outside: its snapshot and its line in the list. Reads, never writes.

import type { ConversationItem, Live, Message, Snapshot } from "../../protocol/api.ts";
import { endings } from "../../protocol/errors.ts";
import { type LogEntry, partsOf, textOf } from "../../protocol/events.ts";
import { isLive } from "../core/generation.ts";
import type { Journal } from "./journal.ts";
import type { LiveAnswer } from "./live-answer.ts";
import type { ConversationRecord, MessageRecord } from "./rows.ts";

const PAGE_LENGTH = 4_000_000; // UTF-16 units of text a page: two hundred answers of a megabyte fit in no isolate.

export function readSnapshot(
  record: ConversationRecord,
  journal: Journal,
  live: LiveAnswer | null,
  before: number | null,
  limit: number,
): Snapshot {
  const rows = journal.messagesBefore(before ?? record.nextSeq, limit + 1);
  const messages: Message[] = [];
  let length = 0;
  for (const row of rows.slice(0, limit)) {
    const message = toMessage(row, live?.generation.id === row.answer?.generation.id ? live : null, journal);
    length += message.text.length * (message.parts === undefined ? 1 : 2);
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

function toMessage(row: MessageRecord, live: LiveAnswer | null, journal: Journal): Message {
  const { id, parentId, seq, role, answer } = row;
  const common = { id, parentId, seq, role, createdAt: new Date(row.createdAt).toISOString() };
  if (answer === null) return { ...common, text: row.text };
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

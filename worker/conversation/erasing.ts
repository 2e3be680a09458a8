// Deleting a conversation: everything is gone in one turn but one row, which says whose it was and that it is deleted,
// for ever; and Postgres is owed the same.

import type { Memory } from "./memory.ts";
import type { ConversationRecord } from "./rows.ts";

/** From here on the id answers 404. */
export function erase(memory: Memory, record: ConversationRecord): void {
  memory.touch(record, null);
  memory.ended = null;
  memory.bell.close(memory.ringOf(record));
  // What was under way holds the old record, and finds itself out of date.
  record.deletedAt = memory.services.now();
  const stone: ConversationRecord = {
    ...record,
    title: "",
    model: "",
    system: null,
    activeLeaf: null,
    liveSeq: null,
    owedFrom: 0,
    owedTries: 0,
  };
  memory.journal.erase(stone);
  memory.record = stone;
  memory.schedule();
}

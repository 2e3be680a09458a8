// Deleting a conversation: marked first, so that a crash half-way goes on where it was; then everything is gone but one
// row that says whose it was and that it is deleted, for ever.

import type { Memory } from "./memory.ts";
import type { ConversationRecord } from "./rows.ts";

const NOTHING = "";

/** From here on the id answers 404. */
export function markDeleted(memory: Memory, record: ConversationRecord): void {
  memory.touch(record, null);
  record.deletedAt = memory.services.now();
  memory.journal.saveConversation(record);
  memory.ended = null;
  memory.bell.close(memory.ringOf(record));
}

/** Clears the storage but for the one row. Repeatable; nothing to do once it is done. */
export async function erase(memory: Memory): Promise<void> {
  const { record, storage, journal } = memory;
  if (record === null || record.deletedAt === null || record.title === NOTHING) return;
  const stone: ConversationRecord = {
    ...record,
    title: NOTHING,
    model: NOTHING,
    system: null,
    activeLeaf: null,
    liveSeq: null,
    owedFrom: 0,
    owedTries: 0,
  };
  await storage.deleteAll();
  journal.create(stone);
  memory.record = stone;
  memory.alarmFired(); // deleteAll took the alarm as well.
  memory.schedule();
}

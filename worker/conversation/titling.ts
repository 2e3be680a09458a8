// A better title than the first line: one cheap, capped call after the first answer, where a model for it is configured.
// Nobody waits for it, it is never tried twice, and a title that a person gave is left alone.

import { MAX_NAMING_LENGTH, readTitle, titlePrompt } from "../core/title.ts";
import { titleOf } from "../core/prompt.ts";
import { textOf } from "../../protocol/events.ts";
import type { Memory } from "./memory.ts";

const TITLE_MS = 10_000; // Later than this the person has read the first line as the title, and changing it is noise.

/** Writes the title once the first answer is complete. Never throws. */
export async function writeTitle(memory: Memory): Promise<void> {
  const { journal, services, record } = memory;
  const model = services.config.titleModel;
  if (model === null || record === null) return;
  const [first, answer] = [journal.messageAt(1), journal.messageAt(2)];
  if (first === null || answer === null) return;
  const own = titleOf(first.text); // Another is a person's: it may have been given while the answer was written.
  if (record.title !== own) return;
  const prompt = titlePrompt(model, first.text, textOf(journal.readLog(answer.seq)));
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TITLE_MS);
  let text = "";
  let isWhole = false;
  try {
    for await (const batch of services.provider.stream(prompt, { signal: abort.signal, onDispatch: () => undefined })) {
      for (const event of batch) {
        if (event.type === "text" && event.kind === "answer") text += event.text;
        if (event.type === "finishReason") isWhole = event.reason === "stop";
      }
      if (text.length > MAX_NAMING_LENGTH) break;
    }
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
  const title = isWhole ? readTitle(text) : null;
  // Renamed or deleted while the model thought: that counts, and this does not.
  if (title === null || memory.record !== record || record.deletedAt !== null || record.title !== own) return;
  record.title = title;
  memory.touch(record, null);
  journal.saveConversation(record);
  memory.announce();
  await memory.drain();
}

// From a provider's bytes to events, in one loop: no stream transform per token. Bounded in line and in all; safe
// against every cut of lines, events and multi-byte characters.

import { createParser } from "eventsource-parser";
import { firstPace, gatherMs, type Load, notePace, notePaceEnds } from "../core/wake.ts";
import type { LlmEvent } from "./provider.ts";
import { parseChunk } from "./parse-chunk.ts";

const MAX_EVENT_LENGTH = 1_048_576; // 1 MiB: a line without end would otherwise fill the isolate.
const MAX_BYTES = 64 * 1_048_576; // Far above any answer that is kept; below what would drown the object.

const badResponse: LlmEvent = { type: "failed", code: "provider_bad_response", retryable: false };

const READ_BYTES = 65_536; // Room for one read; several events fit, and a reader under load takes them at once.

/** @param load how busy the isolate is, asked before each read */
export async function* readStream(
  body: ReadableStream<Uint8Array>,
  load: () => Load,
  now: () => number,
): AsyncGenerator<LlmEvent[]> {
  const reader = body.getReader({ mode: "byob" });
  let pace = firstPace;
  let room: ArrayBuffer = new ArrayBuffer(READ_BYTES);
  const decoder = new TextDecoder();
  let batch: LlmEvent[] = [];
  let isOver = false;
  const give = (events: LlmEvent[]) => {
    for (const event of events) {
      if (isOver) return; // What comes after the end is not part of the answer.
      const last = batch.at(-1);
      if (event.type === "text" && last?.type === "text" && last.kind === event.kind) {
        batch[batch.length - 1] = { ...last, text: last.text + event.text };
      } else batch.push(event);
      if (event.type === "ended" || event.type === "failed") isOver = true;
    }
  };
  const parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent: ({ data }) => give(data === "[DONE]" ? [{ type: "ended" }] : (parseChunk(data) ?? [badResponse])),
    // Lines of no known field are ignored, as the specification has it; only what cannot be held is an error.
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") give([badResponse]);
    },
  });
  let bytes = 0;
  try {
    for (;;) {
      const restMs = gatherMs(pace, load());
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
      const { done, value } = await reader.read(new Uint8Array(room));
      if (done) {
        give([{ type: "ended" }]);
      } else {
        room = value.buffer;
        bytes += value.byteLength;
        pace = notePace(pace, value.byteLength, now());
        parser.feed(decoder.decode(value, { stream: true }));
        if (bytes > MAX_BYTES) give([badResponse]);
      }
      if (batch.some((event) => event.type === "finishReason")) pace = notePaceEnds(pace);
      if (batch.length > 0) {
        const ready = batch;
        batch = [];
        yield ready;
      }
      if (isOver) return;
    }
  } finally {
    // After [DONE] there is no waiting for the line to close; after an abort this is a no-op.
    await reader.cancel().catch(() => undefined);
  }
}

// From a provider's bytes to events, gathered in a batch until it is taken. Safe against every cut of lines, events and
// multi-byte characters; what is held of an unfinished event is bounded.

import { createParser } from "eventsource-parser";
import { learnTemplate, matchLine, type Template } from "./chunk-template.ts";
import { parseChunk } from "./parse-chunk.ts";
import type { LlmEvent } from "./provider.ts";

const MAX_EVENT_LENGTH = 1_048_576; // 1 MiB: a line without end would otherwise fill the isolate.
const MAX_LESSONS = 8; // Templates made in vain until no more are made: some providers send no two lines alike.

const badResponse: LlmEvent = { type: "failed", code: "provider_bad_response", retryable: false };

export class EventParser {
  readonly #decoder = new TextDecoder();
  readonly #parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent: ({ data }) => this.#takeEvent(data),
    // Lines of no known field are ignored, as the specification has it; only what cannot be held is an error.
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") this.#give(badResponse);
    },
  });
  #batch: LlmEvent[] = [];
  /** The parser holds nothing: the next character begins an event. */
  #isBetween = true;
  #template: Template | null = null;
  #lessons = 0;
  #isOver = false;
  #isEnding = false;
  #isDone = false;

  /** The answer has ended, one way or another. */
  get isOver(): boolean {
    return this.#isOver;
  }
  /** finish_reason was seen: the rest is on its way. */
  get isEnding(): boolean {
    return this.#isEnding;
  }
  /** [DONE] was seen, and the line may still be open. */
  get isDone(): boolean {
    return this.#isDone;
  }

  feed(bytes: Uint8Array): void {
    const lines = this.#decoder.decode(bytes, { stream: true });
    let at = 0;
    while (at < lines.length && !this.#isOver) {
      const next = this.#isBetween ? this.#takeAlike(lines, at) : at;
      if (next > at) {
        at = next;
        continue;
      }
      // To the end of the event, in one piece or with what comes next. With CRLF this is all there is.
      const blank = lines.indexOf("\n\n", at);
      this.#isBetween = blank >= 0;
      const end = blank < 0 ? lines.length : blank + 2;
      this.#parser.feed(at === 0 && end === lines.length ? lines : lines.slice(at, end));
      at = end;
    }
  }

  /** The body ended, and no error was seen. */
  end(): void {
    this.#give({ type: "ended" });
  }

  /** It cannot be held any longer. */
  fail(): void {
    this.#give(badResponse);
  }

  takeBatch(): LlmEvent[] {
    const ready = this.#batch;
    this.#batch = [];
    return ready;
  }

  /** Takes events from `at` on, as long as they are like the template; returns where that ends. */
  #takeAlike(lines: string, at: number): number {
    const template = this.#template;
    if (template === null) return at;
    let text = "";
    let next = at;
    for (;;) {
      const end = lines.indexOf("\n", next);
      // The blank line that ends the event must be here too.
      if (end < 0 || lines.charCodeAt(end + 1) !== 10) break;
      const piece = matchLine(template, lines, next, end);
      if (piece === null) break;
      text += piece;
      next = end + 2;
    }
    if (next > at) this.#lessons = 0;
    if (text !== "") this.#give({ type: "text", kind: template.kind, text });
    return next;
  }

  #takeEvent(data: string): void {
    if (this.#isOver) return;
    if (data === "[DONE]") {
      this.#isDone = true;
      return this.#give({ type: "ended" });
    }
    const events = parseChunk(data) ?? [badResponse];
    for (const event of events) this.#give(event);
    const [said] = events;
    if (events.length !== 1 || said?.type !== "text" || this.#lessons >= MAX_LESSONS) return;
    this.#lessons++;
    this.#template = learnTemplate(data, said.kind, said.text) ?? this.#template;
  }

  #give(event: LlmEvent): void {
    if (this.#isOver) return; // What comes after the end is not part of the answer.
    const last = this.#batch.at(-1);
    if (event.type === "text" && last?.type === "text" && last.kind === event.kind) {
      this.#batch[this.#batch.length - 1] = { ...last, text: last.text + event.text };
    } else this.#batch.push(event);
    if (event.type === "finishReason") this.#isEnding = true;
    if (event.type === "ended" || event.type === "failed") this.#isOver = true;
  }
}

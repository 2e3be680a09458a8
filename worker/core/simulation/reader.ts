// A reader by the rules of PROTOCOL.md: it unframes bytes, folds them with the one fold that the web app uses, and comes
// back from its own cursor or from any that it was given before. Each frame is held against what was really shown.

import { createParser } from "eventsource-parser";
import type { AnswerLog, Position } from "../../conversation/answer-log.ts";
import { parseCursor } from "../../../protocol/cursor.ts";
import { parseEvent } from "../../../protocol/sse.ts";
import { apply, createTranscript, cursorOf, resumeTranscript, type Transcript } from "../../../protocol/transcript.ts";
import type { Life } from "./life.ts";
import { isPrefix, isWhole, type Witness } from "./witness.ts";

const MEMORIES = 8; // Earlier places to come back from.
const FRAME_LENGTH = 16_384; // UTF-16 units, by the contract's bounds.

type Link = { life: Life; log: AnswerLog; position: Position };

export class Reader {
  readonly generationId: string;
  transcript: Transcript = createTranscript();
  link: Link | null = null;
  readonly #witness: Witness;
  readonly #memories: Transcript[] = [];

  constructor(generationId: string, witness: Witness) {
    this.generationId = generationId;
    this.#witness = witness;
  }

  /** Goes `back` places: 0 is where it stands. */
  remember(back: number): void {
    const memory = back === 0 ? undefined : this.#memories.at(-back);
    if (memory === undefined || this.transcript.end !== null) return;
    this.transcript = resumeTranscript(memory.attempt, memory.log, memory.length);
  }

  connect(life: Life, log: AnswerLog): void {
    const cursor = cursorOf(this.transcript, this.generationId);
    const position = cursor === undefined ? { attempt: log.attempt, offset: 0 } : parseCursor(cursor);
    if (position === null || !log.has(position)) return this.#witness.fail(1, `${cursor} was given out and is refused`);
    this.link = { life, log, position };
    apply(this.transcript, { event: "start", data: log.start });
  }

  cut(): void {
    this.link = null;
  }

  /** Takes up to `frames` reads of its line; false when there was nothing to take. */
  pull(frames: number): boolean {
    for (let taken = 0; taken < frames; taken++) {
      const next = this.link?.log.read(this.link.position) ?? null;
      if (next === null || this.link === null) return taken > 0;
      this.link.position = next.position;
      this.#take(new TextDecoder().decode(next.bytes));
      if (next.isLast) this.link = null;
    }
    this.#keep();
    return true;
  }

  #take(bytes: string): void {
    const witness = this.#witness;
    const { transcript } = this;
    const parser = createParser({
      onEvent: ({ id, event: name, data }) => {
        const event = parseEvent(name, data);
        if (event === null) return witness.fail(1, `an event that is none: ${data}`);
        witness.expect(transcript.end === null, 3, "a frame after the end");
        if (event.event === "delta") {
          witness.expect(event.data.text.length <= FRAME_LENGTH, 11, "a frame beyond its bound");
          witness.expect(isWhole(event.data.text), 2, "a frame was cut inside a pair, or holds NUL");
        }
        const applied = apply(transcript, event);
        if (event.event === "end") {
          witness.expect(applied === "ended", 1, `an end of length ${event.data.length} at ${transcript.length}`);
          witness.ended(this.generationId, data);
        }
        witness.expect(applied !== "gap", 1, `a gap: ${data}`);
        witness.expect(id === cursorOf(transcript, this.generationId), 2, `cursor ${id} at ${transcript.length}`);
        const shown = witness.truthOf(this.generationId).shown.get(transcript.attempt);
        witness.expect(
          shown !== undefined && isPrefix(transcript.log, shown),
          2,
          "a reader holds what was never shown",
        );
      },
    });
    parser.feed(bytes);
  }

  #keep(): void {
    const { attempt, log, length, end } = this.transcript;
    if (attempt === 0 || end !== null) return;
    this.#memories.push(resumeTranscript(attempt, log, length));
    if (this.#memories.length > MEMORIES) this.#memories.shift();
  }
}

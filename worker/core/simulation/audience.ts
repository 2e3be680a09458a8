// The readers of a conversation: they join, leave, come back, and at the end all hold what is stored.

import { cutLog } from "../../../protocol/events.ts";
import type { Life } from "./life.ts";
import { Reader } from "./reader.ts";
import { isPrefix, type Witness } from "./witness.ts";

const MAX_READERS = 6;

export class Audience {
  #readers: Reader[] = [];
  readonly #witness: Witness;
  /** The life that answers, woken where there is none. */
  readonly #wake: () => Life;

  constructor(witness: Witness, wake: () => Life) {
    this.#witness = witness;
    this.#wake = wake;
  }

  /** Any number names a reader, so that an event means something whoever is there. */
  at(index: number): Reader | undefined {
    return this.#readers[index % Math.max(1, this.#readers.length)];
  }

  join(generationId: string): void {
    const reader = new Reader(generationId, this.#witness);
    this.#readers.push(reader);
    if (this.#readers.length > MAX_READERS) this.#readers.shift();
    this.resume(reader, 0);
  }

  resume(reader: Reader | undefined, back: number): void {
    if (reader === undefined || reader.transcript.end !== null) return;
    reader.cut();
    reader.remember(back);
    const life = this.#wake();
    const log = life.find(reader.generationId);
    if (log === null) this.#witness.fail(7, `${reader.generationId} is not found`);
    else reader.connect(life, log);
  }

  /** With a life go the lines of its readers. */
  loseLinesTo(dead: Life | undefined): void {
    for (const reader of this.#readers) if (reader.link?.life === dead) reader.cut();
  }

  /** Everybody reads to the end, which has come. */
  converge(): void {
    for (const reader of this.#readers) {
      this.resume(reader, 0);
      while (reader.pull(16));
      this.#compare(reader);
    }
  }

  #compare({ generationId, transcript }: Reader): void {
    const { store } = this.#wake();
    const found = store.find(generationId);
    if (found === null) return this.#witness.fail(7, "an answer without a row");
    const stored = store.readLog(found.seq);
    cutLog(stored, found.generation.length);
    const isSame = isPrefix(transcript.log, stored) && isPrefix(stored, transcript.log);
    this.#witness.expect(isSame, 1, "a reader's text is not the stored text");
    this.#witness.expect(transcript.end !== null, 3, "a reader that never saw the end");
  }
}

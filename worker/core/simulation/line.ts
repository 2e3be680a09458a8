// The line to the model, as a history has it: what it brings and when is the history's to say, also after it was
// aborted, because bytes that are under way still come.

import type { ProviderCall } from "../../conversation/live-answer.ts";
import type { LlmEvent } from "../../llm/provider.ts";

type Result = IteratorResult<LlmEvent[]>;

/** What a history has a line throw. */
export class PlantedError extends Error {
  override name = "PlantedError";
}

export class Line implements ProviderCall {
  readonly generationId: string;
  readonly attempt: number;
  /** Aborted, or left after its own end. */
  isLeft = false;
  #waiting: PromiseWithResolvers<Result> | null = null;
  readonly #early: Result[] = [];
  readonly batches: AsyncIterator<LlmEvent[]> = {
    next: () => this.#next(),
    return: () => {
      this.isLeft = true;
      return Promise.resolve({ done: true, value: undefined });
    },
  };

  constructor(generationId: string, attempt: number) {
    this.generationId = generationId;
    this.attempt = attempt;
  }

  abort(): void {
    this.isLeft = true;
  }

  bring(batch: LlmEvent[]): void {
    this.#settle({ done: false, value: batch });
  }

  /** A provider's iteration ends without a word, or throws, for a bug alone. */
  hangUp(how: "dry" | "throw"): void {
    if (how === "dry") this.#settle({ done: true, value: undefined });
    else this.#waiting?.reject(new PlantedError());
  }

  #settle(result: Result): void {
    if (this.#waiting === null) this.#early.push(result);
    else this.#waiting.resolve(result);
    this.#waiting = null;
  }

  #next(): Promise<Result> {
    const early = this.#early.shift();
    if (early !== undefined) return Promise.resolve(early);
    this.#waiting = Promise.withResolvers<Result>();
    return this.#waiting.promise;
  }
}

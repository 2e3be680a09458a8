// The newest messages as this life of the object wrote them, until Postgres has been told: reading them again was a
// twentieth of what it cost to start a conversation.

import type { Generation } from "../core/generation.ts";
import type { MessageRecord } from "./rows.ts";

const MOST = 8; // A question and its answer, and a few that wait for Postgres to come back.

export class RecentMessages {
  /** Every message from this `seq` on is here; null: none is. */
  #from: number | null = null;
  readonly #messages = new Map<number, MessageRecord>();

  /** In the order of `seq`. */
  inserted(message: MessageRecord): void {
    if (this.#messages.size >= MOST) this.forget();
    this.#from ??= message.seq;
    this.#messages.set(message.seq, message);
  }

  /** What an answer becomes that is saved so; null where it is not here. */
  savedAs(seq: number, generation: Generation, rev: number, costUsd: number | null): MessageRecord | null {
    const message = this.#messages.get(seq);
    if (message?.answer == null) return null;
    return { ...message, rev, answer: { ...message.answer, generation, costUsd } };
  }

  /** In the place of what it was. */
  saved(message: MessageRecord): void {
    this.#messages.set(message.seq, message);
  }

  forget(): void {
    this.#from = null;
    this.#messages.clear();
  }

  get(seq: number): MessageRecord | undefined {
    return this.#messages.get(seq);
  }

  /** All messages from `seq` on, oldest first; null where they are not all here. */
  since(seq: number): MessageRecord[] | null {
    return this.#from === null || seq < this.#from ? null : [...this.#messages.values()].filter((m) => m.seq >= seq);
  }
}

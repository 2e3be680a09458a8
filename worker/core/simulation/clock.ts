// The injected clock: time passes only when a history says so, and timers fire in order, each at its own moment.

import type { Timers } from "../../conversation/timers.ts";

type Timer = { at: number; everyMs: number | null; run: () => void };

/** The timers of one life: they end with it. */
export class Wheel implements Timers {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  after(ms: number, run: () => void): () => void {
    return this.#add({ at: this.#clock.now + ms, everyMs: null, run });
  }

  every(ms: number, run: () => void): () => void {
    return this.#add({ at: this.#clock.now + ms, everyMs: ms, run });
  }

  get size(): number {
    return this.#timers.size;
  }

  /** The timer that is due first. */
  get next(): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers) if (first === null || timer.at < first.at) first = timer;
    return first;
  }

  fire(timer: Timer): void {
    if (timer.everyMs === null) this.#timers.delete(timer);
    else timer.at += timer.everyMs;
    timer.run();
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}

export class Clock {
  now = 1_700_000_000_000;

  /** Lets `ms` pass over the wheels that `wheels` names at each moment; `afterEach` looks after every timer. */
  pass(ms: number, wheels: () => readonly Wheel[], afterEach: () => void): void {
    const until = this.now + ms;
    for (;;) {
      let wheel: Wheel | null = null;
      for (const candidate of wheels()) {
        const due = candidate.next?.at ?? Infinity;
        if (due <= until && due < (wheel?.next?.at ?? Infinity)) wheel = candidate;
      }
      const timer = wheel?.next ?? null;
      if (wheel === null || timer === null) break;
      this.now = Math.max(this.now, timer.at);
      wheel.fire(timer);
      afterEach();
    }
    this.now = until;
  }
}

// A timer wheel: one interval drives any number of paced streams, where a timer of their own for each token would cost
// more than the token. An entry runs at its time or within two slots after it (about 4 ms), never before.

/** `run` does what is due at `now` and says when to run again; Infinity: not until scheduled anew. */
export type WheelEntry = { run(now: number): number };

/** Starts a regular call and returns what ends it; injected so that tests drive the wheel by hand. */
export type StartTicking = (tick: () => void, everyMs: number) => () => void;

const SLOT_MS = 2; // Bounds the error; an idle pass over a slot costs nanoseconds.
const SLOTS = 1024; // Two seconds; an entry further away waits in the last slot and is placed again from there.

type Placed = { entry: WheelEntry; dueAt: number; cancelled: boolean };

export class TimerWheel {
  readonly #now: () => number;
  readonly #startTicking: StartTicking;
  readonly #slots: Placed[][] = Array.from({ length: SLOTS }, () => []);
  readonly #placed = new Map<WheelEntry, Placed>();
  #turned = 0; // the last slot that was run, counted from time zero
  #stopTicking: (() => void) | null = null;

  constructor(now: () => number, startTicking: StartTicking) {
    this.#now = now;
    this.#startTicking = startTicking;
  }

  get size(): number {
    return this.#placed.size;
  }

  /** An entry stands in the wheel once: scheduling it again moves it. */
  schedule(entry: WheelEntry, dueAt: number): void {
    this.cancel(entry);
    if (this.#stopTicking === null) {
      this.#turned = Math.floor(this.#now() / SLOT_MS);
      this.#stopTicking = this.#startTicking(() => this.tick(), SLOT_MS);
    }
    const placed: Placed = { entry, dueAt, cancelled: false };
    this.#placed.set(entry, placed);
    this.#place(placed);
  }

  cancel(entry: WheelEntry): void {
    const placed = this.#placed.get(entry);
    if (placed === undefined) return;
    placed.cancelled = true; // It leaves its slot when the slot is run.
    this.#placed.delete(entry);
  }

  /** Runs all that is due. Ticking ends with the last entry: an idle wheel keeps no timer. */
  tick(): void {
    const now = this.#now();
    const current = Math.floor(now / SLOT_MS);
    // After a pause of more than one turn each slot is run once, not once for each turn missed.
    this.#turned = Math.max(this.#turned, current - SLOTS);
    while (this.#turned < current) {
      this.#turned++;
      this.#runSlot(this.#turned % SLOTS, now);
    }
    if (this.#placed.size === 0) this.stop();
  }

  stop(): void {
    this.#stopTicking?.();
    this.#stopTicking = null;
    for (const slot of this.#slots) slot.length = 0;
    this.#placed.clear();
  }

  #runSlot(index: number, now: number): void {
    const slot = this.#slots[index];
    if (slot === undefined || slot.length === 0) return;
    this.#slots[index] = []; // What runs may schedule into this very slot, for the next turn.
    for (const placed of slot) {
      if (placed.cancelled) continue;
      const next = placed.dueAt <= now ? placed.entry.run(now) : placed.dueAt;
      if (placed.cancelled) continue; // while it ran
      if (next === Number.POSITIVE_INFINITY) {
        this.#placed.delete(placed.entry);
      } else {
        placed.dueAt = next;
        this.#place(placed);
      }
    }
  }

  #place(placed: Placed): void {
    // Rounded up: a slot is run at or after its time, so nothing in it runs early.
    const wanted = Math.ceil(placed.dueAt / SLOT_MS);
    const slot = Math.min(Math.max(wanted, this.#turned + 1), this.#turned + SLOTS - 1);
    this.#slots[slot % SLOTS]?.push(placed);
  }
}

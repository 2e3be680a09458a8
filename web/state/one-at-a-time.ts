// Runs one at a time; of the wishes that come meanwhile the last is run next, and the others never.

export type OneAtATime<T> = {
  /** Resolves when nothing more is wanted. */
  ask(wish: T): Promise<void>;
  /** What is under way, to its end; null when nothing is. */
  readonly current: Promise<void> | null;
  /** Something is wanted behind what is under way. */
  readonly hasNext: boolean;
};

export function oneAtATime<T>(run: (wish: T) => Promise<void>): OneAtATime<T> {
  let next: { wish: T } | null = null;
  let current: Promise<void> | null = null;

  async function runAll(): Promise<void> {
    try {
      while (next !== null) {
        const { wish } = next;
        next = null;
        await run(wish);
      }
    } finally {
      // In the same turn as the last look at what is wanted, or a wish between the two would wait for nothing.
      current = null;
    }
  }

  return {
    ask(wish) {
      next = { wish };
      current ??= runAll();
      return current;
    },
    get current() {
      return current;
    },
    get hasNext() {
      return next !== null;
    },
  };
}

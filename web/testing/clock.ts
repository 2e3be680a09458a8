// For tests: a clock that stands still until everybody waits for it.

export type Clock = {
  now: number;
  schedule(run: () => void, ms: number): () => void;
  /** Lets time pass, timer by timer, whenever nothing else is left to happen, until `promise` is settled. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** Lets everything happen that needs no time. */
  turn(): Promise<void>;
  /** Runs what is due now; time stands still. */
  runDue(): void;
  /** Lets this much time pass, and everything happen in it. */
  advance(ms: number): Promise<void>;
};

export function createClock(): Clock {
  const timers = new Set<{ at: number; run: () => void }>();
  // A message is the quickest way round the event loop: everything that is ready has run when it arrives.
  const { port1, port2 } = new MessageChannel();
  const turn = () =>
    new Promise<void>((resolve) => {
      port1.onmessage = () => resolve();
      port2.postMessage(null);
    });
  const clock: Clock = {
    now: 0,
    turn,
    schedule(run, ms) {
      const timer = { at: clock.now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    runDue() {
      for (const timer of [...timers].filter(({ at }) => at <= clock.now)) {
        timers.delete(timer);
        timer.run();
      }
    },
    async advance(ms) {
      const until = clock.now + ms;
      for (;;) {
        await turn();
        const [next] = [...timers].toSorted((a, b) => a.at - b.at);
        if (next === undefined || next.at > until) break;
        timers.delete(next);
        clock.now = next.at;
        next.run();
      }
      clock.now = until;
    },
    async settle(promise) {
      let isSettled = false;
      const settled = () => (isSettled = true);
      promise.then(settled, settled);
      for (;;) {
        await turn();
        if (isSettled) return promise;
        const [next] = [...timers].toSorted((a, b) => a.at - b.at);
        if (next === undefined) throw new Error("nothing will ever happen again");
        timers.delete(next);
        clock.now = next.at;
        next.run();
      }
    },
  };
  return clock;
}

// Keeps within so many messages a minute, however they come: none is sent that would be refused.

// Limiters that weigh the fixed minute before this one count up to two minutes' messages as one's.
const WINDOW_MS = 120_000;

export type Pacer = {
  /** In how many milliseconds from `now` so many messages may be sent. */
  waitMs(messages: number, now: number): number;
  /** The last of so many was sent at `at`. */
  note(messages: number, at: number): void;
};

export function createPacer(perMinute: number): Pacer {
  const sent: { at: number; messages: number }[] = []; // The oldest first.
  return {
    waitMs(messages, now) {
      let count = sent.reduce((total, { at, messages: some }) => total + (at > now - WINDOW_MS ? some : 0), 0);
      let until = now;
      for (const { at, messages: some } of sent) {
        if (count + messages <= perMinute) break;
        if (at <= now - WINDOW_MS) continue;
        count -= some;
        until = at + WINDOW_MS;
      }
      return until - now;
    },
    note: (messages, at) => void sent.push({ at, messages }),
  };
}

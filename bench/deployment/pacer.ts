// Keeps within so many messages a minute, however they come: none is sent that would be refused.

const MINUTE_MS = 60_000;

export type Pacer = {
  /** Books so many messages, and says in how many milliseconds from `now` all of them may be sent. */
  take(messages: number, now: number): number;
};

export function createPacer(perMinute: number): Pacer {
  let booked: { at: number; messages: number }[] = [];
  return {
    take(messages, now) {
      let at = now;
      for (const earlier of booked) {
        const inThatMinute = booked.filter((other) => other.at > at - MINUTE_MS);
        const count = inThatMinute.reduce((total, other) => total + other.messages, 0);
        if (count + messages <= perMinute) break;
        at = Math.max(at, earlier.at + MINUTE_MS);
      }
      booked = [...booked.filter((other) => other.at > at - MINUTE_MS), { at, messages }];
      return at - now;
    },
  };
}

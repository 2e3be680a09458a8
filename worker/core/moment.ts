// What many conversations of an isolate have to say at about the same time, said once a moment by one of them.

/** Calls `run` after so many milliseconds. */
export type After = (ms: number, run: () => void) => unknown;

/**
 * A function that has `say` called a moment after the first of several calls; its promise settles as that does. The
 * timer is that of the conversation that began the moment and dies with it, and then the next call begins another.
 * `say` never rejects; `now` in milliseconds.
 */
export function onceAMoment(say: () => Promise<void>, ms: number, now: () => number, after: After) {
  let moment: { endsAt: number; said: Promise<void> } | null = null;
  return (): Promise<void> => {
    if (moment !== null && now() <= moment.endsAt + ms) return moment.said;
    const { promise: said, resolve } = Promise.withResolvers<void>();
    const begun = { endsAt: now() + ms, said };
    moment = begun;
    after(ms, () => {
      if (moment === begun) moment = null;
      resolve(say());
    });
    return said;
  };
}

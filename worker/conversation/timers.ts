// Time that passes, as a port: the real one here, and a simulation's own clock in its place.

/**
 * What they return calls off what was asked for; calling it again does no harm. workerd keeps what was called off as long
 * as the object is awake, but for what ends in its own callback: so a beat that is called off comes once more, silent.
 */
export type Timers = {
  after(ms: number, run: () => void): () => void;
  every(ms: number, run: () => void): () => void;
};

export const timers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    let beat: (() => void) | null = run; // Let go when called off: what it holds need not wait for the last one.
    const timer = setInterval(() => {
      if (beat === null) clearInterval(timer);
      else beat();
    }, ms);
    return () => {
      beat = null;
    };
  },
};

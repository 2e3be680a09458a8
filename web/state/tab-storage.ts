// What is being written, kept per tab and per browser: each tab goes on with its own words, over any reload, and the
// browser's copy is for whoever comes when that tab is gone. Two tabs in one place do not take away each other's.

import type { Storage } from "./ports.ts";

/** What the tab holds in a place that it has let go of: it takes nothing over from another tab there any more. */
const NOTHING = "";

/** `own` lasts as long as the tab. A place that this tab has used is read from it, any other from what all tabs share. */
export function createTabStorage(own: Storage, shared: Storage): Storage {
  /** For a browser that keeps the one and not the other. */
  const memory = new Map<string, string>();
  const held = (key: string) => memory.get(key) ?? own.read(key);

  function hold(key: string, value: string): void {
    memory.set(key, value);
    own.write(key, value);
  }

  return {
    read(key) {
      const value = held(key);
      if (value !== null) return value === NOTHING ? null : value;
      const found = shared.read(key);
      if (found !== null) hold(key, found);
      return found;
    },
    write(key, value) {
      const [before, found] = [held(key), shared.read(key)];
      if (value !== null) shared.write(key, value);
      // What stands there may be what another tab has written since.
      else if (found !== null && found === before) shared.write(key, null);
      if (value !== null || before !== null || found !== null) hold(key, value ?? NOTHING);
    },
  };
}

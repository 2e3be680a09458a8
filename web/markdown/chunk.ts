// A part of the app that is fetched when it is wanted. Until then, and where that fails, the page does without.

import { type ReadonlySignal, signal } from "@preact/signals";

export type Chunk<Module> = {
  /** Null: not there so far. */
  readonly loaded: ReadonlySignal<Module | null>;
  /** Fetches it unless it is there. Never rejects: where it fails, the next call tries again. */
  load(): Promise<void>;
};

export function createChunk<Module>(fetchModule: () => Promise<Module>): Chunk<Module> {
  const loaded = signal<Module | null>(null);
  return {
    loaded,
    async load() {
      if (loaded.value !== null) return;
      const fetched = await fetchModule().catch(() => null);
      // Another call may have got it meanwhile, where this one failed.
      loaded.value ??= fetched;
    },
  };
}

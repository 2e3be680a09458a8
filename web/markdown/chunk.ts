// A part of the app that is fetched when it is wanted. Until then, and where that fails, the page does without.
// A browser remembers for as long as the page stands that a module could not be fetched, be it for a moment without a
// network: so it is asked for again under another name, which the failure itself tells.

import { type ReadonlySignal, signal } from "@preact/signals";

export type Chunk<Module> = {
  /** Null: not there so far. */
  readonly loaded: ReadonlySignal<Module | null>;
  /** Fetches it unless it is there. Never rejects: where it fails, a later call tries again. */
  load(): Promise<void>;
};

/** Every formula on the page asks for its chunk; one that a deploy has taken away is not asked for that often. */
const RETRY_MS = 2_000;

type ChunkPorts<Module> = { now?: () => number; importFrom?: (address: string) => Promise<Module> };

export function createChunk<Module>(
  fetchModule: () => Promise<Module>,
  { now = Date.now, importFrom = (address) => import(/* @vite-ignore */ address) }: ChunkPorts<Module> = {},
): Chunk<Module> {
  const loaded = signal<Module | null>(null);
  /** Where it was to come from, as far as a failure has told. */
  let address: string | null = null;
  let tries = 0;
  let failedAt = -Infinity;
  let loading: Promise<void> | null = null;

  async function fetch(): Promise<void> {
    tries += 1;
    try {
      loaded.value = address === null ? await fetchModule() : await importFrom(`${address}?try=${tries}`);
    } catch (error) {
      failedAt = now();
      address ??= addressIn(error);
    }
  }

  return {
    loaded,
    load() {
      if (loaded.value !== null || now() - failedAt < RETRY_MS) return Promise.resolve();
      loading ??= fetch().finally(() => (loading = null));
      return loading;
    },
  };
}

/** Chromium and Firefox end their words with it. Null: then it can only be asked for as it was. */
function addressIn(error: unknown): string | null {
  return error instanceof Error ? (/https?:\/\/\S+?\.js/.exec(error.message)?.[0] ?? null) : null;
}

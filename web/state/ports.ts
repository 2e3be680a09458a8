// What the models need of a browser, and a test replaces: the network, time, chance, frames, storage, other tabs.

import type { Fetch } from "../api.ts";

export type Ports = {
  fetch: Fetch;
  /** Milliseconds since 1970. */
  now(): number;
  createId(): string;
  /** In [0, 1). */
  random(): number;
  /** Runs once, `ms` from now, unless the function it returns is called before. */
  schedule(run: () => void, ms: number): () => void;
  /** Runs once, before the next frame is drawn. */
  nextFrame(run: () => void): () => void;
  storage: Storage;
  tabs: Tabs;
};

/** A browser may refuse storage (private windows, full disks): then nothing is kept, and nothing fails. */
export type Storage = {
  read(key: string): string | null;
  /** Null removes. */
  write(key: string, value: string | null): void;
};

/** The other tabs of this browser. */
export type Tabs = {
  /** Says that something about this conversation has changed. */
  tell(conversationId: string): void;
  listen(hear: (conversationId: string) => void): void;
};

// What the models need of a browser, and a test replaces: the network, time, chance, frames, storage, tabs.

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
  /** Dials a WebSocket of this origin; a line that cannot be had is one that closes. */
  connect(path: string, events: SocketEvents): Socket;
  storage: Storage;
  tabs: Tabs;
};

/** None of these is called before `connect` has returned. */
export type SocketEvents = { onText(text: string): void; onClose(code: number): void };
export type Socket = { send(text: string): void; close(): void };

/** A browser may refuse storage (private windows, full disks): then nothing is kept, and nothing fails. */
export type Storage = {
  read(key: string): string | null;
  /** Null removes. */
  write(key: string, value: string | null): void;
};

/** The other tabs of this browser. */
export type Tabs = {
  tell(news: TabNews): void;
  listen(hear: (news: TabNews) => void): void;
};

/** Something about this conversation has changed; or it was deleted. */
export type TabNews = { conversationId: string; isGone: boolean };

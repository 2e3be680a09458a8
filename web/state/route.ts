// Which page is shown: `/` is a new chat, `/c/ID` a conversation, and anything else is nothing. The address bar is the
// only memory of it.

import { type ReadonlySignal, signal } from "@preact/signals";
import { isConversationId } from "../../protocol/cursor.ts";

/** `conversationId` null: a new chat; or nothing, where the address is none of ours. */
export type Route = { conversationId: string | null; isUnknown: boolean };

export type Address = {
  read(): string;
  push(path: string): void;
  replace(path: string): void;
  /** Hears of the browser's own way back and forth. */
  listen(hear: () => void): void;
};

export type Router = {
  readonly route: ReadonlySignal<Route>;
  go(conversationId: string | null, how?: "push" | "replace"): void;
};

export function pathOf(conversationId: string | null): string {
  return conversationId === null ? "/" : `/c/${conversationId}`;
}

export function parsePath(path: string): Route {
  const id = path.startsWith("/c/") ? path.slice("/c/".length) : "";
  const conversationId = isConversationId(id) ? id : null;
  return { conversationId, isUnknown: conversationId === null && path !== "/" };
}

export function createRouter(address: Address): Router {
  const route = signal(parsePath(address.read()));
  address.listen(() => (route.value = parsePath(address.read())));
  return {
    route,
    go(conversationId, how = "push") {
      if (address.read() === pathOf(conversationId)) return;
      address[how](pathOf(conversationId));
      route.value = parsePath(address.read());
    },
  };
}

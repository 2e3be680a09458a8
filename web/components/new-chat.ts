// The ways to a new chat: its shortcut, which is another on Apple's keyboards, and where the keyboard goes from there.

import type { App } from "../state/app.ts";

type Keys = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">;

/** There, Ctrl and K delete to the end of the line, in any field. */
const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

export const NEW_CHAT_TITLE = titleFor(isApple);

export function titleFor(isApple: boolean): string {
  return `New chat (${isApple ? "⌘K" : "Ctrl K"})`;
}

/** Ctrl or Cmd with K, or with Shift and O, as people know it from elsewhere. */
export function isNewChatKey({ key, ctrlKey, metaKey, shiftKey, altKey }: Keys, onApple = isApple): boolean {
  const isHeld = onApple ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  return isHeld && !altKey && key.toLowerCase() === (shiftKey ? "o" : "k");
}

/** Where a new chat is open already, its field is what was meant; one that opens sees to that itself. */
export function beginNewChat(app: App): void {
  const before = app.open.value;
  app.newChat();
  if (app.open.value === before) document.querySelector<HTMLElement>(".composer-field")?.focus();
}

// Short words at the edge of the page, for what happened out of sight. They leave by themselves.

import { type ReadonlySignal, signal } from "@preact/signals";
import { ApiError } from "../api-error.ts";
import type { Ports } from "./ports.ts";

const SHOWN_MS = 7_000;

/** `undo`: takes back what the words tell of. */
export type Notice = { id: number; words: string; undo: (() => void) | null };
export type Notices = {
  readonly shown: ReadonlySignal<readonly Notice[]>;
  say(words: string, undo?: () => void): void;
  /** Says what went wrong, in the server's words where there are any; a bug is not words and is thrown on. */
  sayError(error: unknown): void;
  dismiss(id: number): void;
};

export function createNotices({ schedule }: Pick<Ports, "schedule">): Notices {
  const shown = signal<readonly Notice[]>([]);
  let count = 0;

  function dismiss(id: number): void {
    shown.value = shown.value.filter((notice) => notice.id !== id);
  }

  function say(words: string, undo: (() => void) | null = null): void {
    // The same words twice are said once; of what can be undone, the last one's.
    if (undo !== null) shown.value = shown.value.filter((notice) => notice.words !== words);
    else if (shown.value.some((notice) => notice.words === words)) return;
    count += 1;
    const id = count;
    shown.value = [...shown.value, { id, words, undo }];
    schedule(() => dismiss(id), SHOWN_MS);
  }

  return {
    shown,
    say,
    dismiss,
    sayError(error) {
      if (!(error instanceof ApiError)) throw error;
      say(wordsOf(error));
    },
  };
}

/** The server's words, and when to try again where it says so. */
export function wordsOf({ detail, retryAfterMs }: ApiError): string {
  if (retryAfterMs === null || retryAfterMs < 1_000) return detail;
  const seconds = Math.ceil(retryAfterMs / 1_000);
  return seconds < 90 ? `${detail} Ready in ${seconds} s.` : `${detail} Ready in ${Math.ceil(seconds / 60)} min.`;
}

// What a screen reader should hear of an answer that has ended: said once, and gone from the page when it was heard.

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Message } from "../../protocol/api.ts";
import type { Ports } from "./ports.ts";

/** It has been heard by then; left on the page it would be read again, and found by a search, where nobody sees it. */
const ANNOUNCED_MS = 5_000;
/** More than this is better read on the page, at one's own pace. */
const ANNOUNCED_LENGTH = 1_000;

export type Announcement = {
  readonly words: ReadonlySignal<string>;
  announce(answer: Message | undefined): void;
  /** What it was about is not on the page any more. */
  clear(): void;
};

export function createAnnouncement({ schedule }: Pick<Ports, "schedule">): Announcement {
  const words = signal("");
  let cancelClearing = () => {};

  function clear(): void {
    cancelClearing();
    words.value = "";
  }

  return {
    words,
    clear,
    announce(answer) {
      const next = wordsOf(answer);
      cancelClearing();
      // Words that stand there already are no news: they get a space that nobody hears.
      words.value = next === words.value ? `${next}\u00A0` : next;
      cancelClearing = schedule(clear, ANNOUNCED_MS);
    },
  };
}

function wordsOf(answer: Message | undefined): string {
  const { state = "complete", text = "", error } = answer ?? {};
  const rest = text.length > ANNOUNCED_LENGTH ? " … The rest is on the page." : "";
  const why = error === undefined ? "" : `${error.detail} `;
  return `Answer ${state}. ${why}${text.slice(0, ANNOUNCED_LENGTH)}${rest}`;
}

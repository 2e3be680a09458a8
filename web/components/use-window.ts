// Which messages of a long branch are on the page: the last few, and by the page those above, as their reader goes up.

import { useRef, useState } from "preact/hooks";
import type { Message } from "../../protocol/api.ts";

/** Drawn in one go: more would hold up a page on which an answer is being written. */
const STEP = 16;

type Window = {
  messages: readonly Message[];
  /** Some that are held stand above. */
  hasMore: boolean;
  grow: () => void;
  /** Back to the last few. */
  reset: () => void;
};

export function useWindow(branch: readonly Message[]): Window {
  /** The place of the first message that is drawn, by what stands above it; undefined: not chosen yet. */
  const top = useRef<string | null | undefined>(undefined);
  const [, redraw] = useState(0);
  const found = branch.findIndex(({ parentId }) => parentId === top.current);
  const start = found === -1 ? Math.max(0, branch.length - STEP) : found;
  // Chosen once: what is read stays on the page when messages come in below it.
  top.current = branch[start]?.parentId;

  const begin = (index: number) => {
    top.current = branch[Math.max(0, index)]?.parentId;
    redraw((count) => count + 1);
  };
  return {
    messages: start === 0 ? branch : branch.slice(start),
    hasMore: start > 0,
    grow: () => begin(start - STEP),
    reset: () => begin(branch.length - STEP),
  };
}

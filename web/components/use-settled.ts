// Marks what has been drawn once, so that a browser need not lay it out again while it is out of sight: its height is
// known by then (`contain-intrinsic-size: auto`), and nothing jumps when it comes back.

import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/** Looks again whenever `groups` is another number. */
export function useSettled(content: RefObject<HTMLElement | null>, groups: number): void {
  useEffect(() => {
    // The height is remembered at the end of the frame that draws it: this is the one after that.
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        const fresh = content.current?.querySelectorAll<HTMLElement>(".message-group:not([data-settled])") ?? [];
        for (const element of fresh) element.dataset["settled"] = "";
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [groups]);
}

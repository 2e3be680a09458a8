// Keeps a scroller at its end while what it holds grows, but only as long as its reader is there: whoever scrolls up
// is left in peace until they come back down.

import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** This near to the end is at the end. */
const NEAR_PX = 24;

type Frame = RefObject<HTMLElement | null>;
type Stick = {
  readonly isAtEnd: ReadonlySignal<boolean>;
  goToEnd: () => void;
  /** What is about to change is to stay where it is, wherever the end will be. */
  letGo: () => void;
};

export function useStickToEnd(scroller: Frame, content: Frame): Stick {
  const isAtEnd = useSignal(true);
  const goToEnd = useRef(() => {});

  useLayoutEffect(() => {
    const frame = scroller.current;
    const inner = content.current;
    if (frame === null || inner === null) return undefined;
    let lastTop = frame.scrollTop;

    const stick = () => {
      frame.scrollTop = frame.scrollHeight;
      lastTop = frame.scrollTop;
    };
    const onScroll = () => {
      const left = frame.scrollHeight - frame.clientHeight - frame.scrollTop;
      // Growth moves nothing, so a smaller number is a person's doing, or a text that was cut shorter than the view.
      if (frame.scrollTop < lastTop - 1 && left > 2) isAtEnd.value = false;
      else if (left <= NEAR_PX) isAtEnd.value = true;
      lastTop = frame.scrollTop;
    };
    const observer = new ResizeObserver(() => {
      if (isAtEnd.value) stick();
    });
    goToEnd.current = () => {
      isAtEnd.value = true;
      stick();
    };
    stick();
    observer.observe(inner);
    observer.observe(frame);
    frame.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      observer.disconnect();
      frame.removeEventListener("scroll", onScroll);
    };
  }, []);

  return { isAtEnd, goToEnd: () => goToEnd.current(), letGo: () => (isAtEnd.value = false) };
}

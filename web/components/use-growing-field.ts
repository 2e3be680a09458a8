// Keeps a field as tall as its text, where the browser cannot do it by itself; the style sheet says how tall it may get.

import { type RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** Measuring costs a layout of the whole page at every key; with this the browser needs none. */
const growsByItself = globalThis.CSS?.supports("field-sizing", "content") ?? false;

export function useGrowingField(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null || growsByItself) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [text]);
}

/** An Enter that is meant to send: not one that breaks a line, and not one that chooses a word of a composition. */
export function isSendKey({ key, shiftKey, isComposing, keyCode }: KeyboardEvent): boolean {
  // 229 is what some browsers say in place of `isComposing`.
  return key === "Enter" && !shiftKey && !isComposing && keyCode !== 229;
}

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

// The list as the drawer that it is on a narrow page. It takes the focus when it opens, and gives it back to the button
// that opened it.

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** As in app.css: on a wider page the list stands beside the conversation. */
const NARROW = "(max-width: 51.9375rem)";

export type Drawer = ReturnType<typeof useDrawer>;

export function useDrawer() {
  const isOpen = useSignal(false);
  const opener = useRef<HTMLButtonElement>(null);
  const closer = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);

  useLayoutEffect(() => {
    if (isOpen.value !== wasOpen.current) (isOpen.value ? closer : opener).current?.focus();
    wasOpen.current = isOpen.value;
  }, [isOpen.value]);

  // Left open, it would go on keeping everybody from the conversation, which it does not cover any more.
  useEffect(() => {
    const narrow = matchMedia(NARROW);
    const close = () => (isOpen.value = false);
    narrow.addEventListener("change", close);
    return () => narrow.removeEventListener("change", close);
  }, []);

  return { isOpen, opener, closer };
}

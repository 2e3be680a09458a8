// Keeps the focus in the list when the row that has it moves or leaves: it goes along, or to the one in its place.

import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** `onEmpty`: no row is left to have it. */
export function useRowFocus(list: RefObject<HTMLElement | null>, onEmpty: () => void): void {
  const rows = () => [...(list.current?.querySelectorAll<HTMLElement>(".row") ?? [])];
  // Read while the list is drawn, because then the old rows still stand.
  const focused = list.current?.querySelector<HTMLElement>(":focus") ?? null;
  const row = focused?.closest<HTMLElement>(".row") ?? null;
  const at = row === null ? 0 : rows().indexOf(row);
  const part = focused?.closest(".row-actions") ? ".row-actions button" : ".row-link";
  // Whoever uses a pointer stays where they are in the list.
  const preventScroll = focused?.matches(":focus-visible") !== true;

  useLayoutEffect(() => {
    if (focused === null || document.activeElement !== document.body) return;
    const now = rows();
    const next = now.find(({ dataset }) => dataset["id"] === row?.dataset["id"]) ?? now[at] ?? now.at(-1);
    if (next === undefined) onEmpty();
    else next.querySelector<HTMLElement>(part)?.focus({ preventScroll });
  });
}

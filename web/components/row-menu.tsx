// A button that opens a menu, as the keyboard and a screen reader know it: arrows, Home and End move, a letter finds,
// Escape and Tab leave, and the focus goes back to where it came from.

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon, type IconName } from "./icon.tsx";
import "./row-menu.css";

export type MenuItem = { words: string; icon: IconName; isDanger?: boolean; onChoose: () => void };

type MenuProps = { label: string; items: readonly MenuItem[] };

/** Between the menu and the edges of the page, and its button. */
const GAP_PX = 4;

export function RowMenu({ label, items }: MenuProps) {
  /** The item that has the focus first; null while it is closed. */
  const openAt = useSignal<number | null>(null);
  const isOpen = openAt.value !== null;
  const button = useRef<HTMLButtonElement>(null);

  const close = (goesBack: boolean) => {
    openAt.value = null;
    if (goesBack) button.current?.focus();
  };

  return (
    <span class="row-actions" data-open={isOpen}>
      <button
        ref={button}
        type="button"
        class="quiet-button"
        aria-label={label}
        title="More"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => (openAt.value = isOpen ? null : 0)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          openAt.value = event.key === "ArrowDown" ? 0 : items.length - 1;
        }}
      >
        <Icon name="more" />
      </button>
      {openAt.value !== null && (
        <Menu label={label} items={items} first={openAt.value} button={button.current} onClose={close} />
      )}
    </span>
  );
}

type OpenProps = MenuProps & { first: number; button: HTMLElement | null; onClose: (goesBack: boolean) => void };

function Menu({ label, items, first, button, onClose }: OpenProps) {
  const menu = useRef<HTMLDivElement>(null);
  const entries = () => [...(menu.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];

  // Fixed to the page, because the list that it belongs to cuts off what stands out of it.
  useLayoutEffect(() => {
    const element = menu.current;
    if (element === null || button === null) return;
    const { top, bottom, right } = button.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = element;
    const isRoomBelow = bottom + GAP_PX + offsetHeight <= innerHeight;
    element.style.top = `${isRoomBelow ? bottom + GAP_PX : Math.max(GAP_PX, top - GAP_PX - offsetHeight)}px`;
    element.style.left = `${Math.max(GAP_PX, right - offsetWidth)}px`;
    entries()[first]?.focus();
  }, []);

  useLayoutEffect(() => {
    const isOutside = ({ target }: Event) =>
      target instanceof Node && menu.current?.contains(target) !== true && button?.contains(target) !== true;
    // What it stands beside moves away from under it. What scrolls elsewhere, as an answer that grows, moves nothing.
    const moves = ({ type, target }: Event) =>
      type === "resize" || (target instanceof Node && button !== null && target.contains(button));
    const leave = (event: Event) => {
      if (event.type === "pointerdown" ? isOutside(event) : moves(event)) onClose(false);
    };
    const events = ["pointerdown", "scroll", "resize"] as const;
    for (const name of events) addEventListener(name, leave, { capture: true });
    return () => events.forEach((name) => removeEventListener(name, leave, { capture: true }));
  }, []);

  const onKeyDown = (event: KeyboardEvent) => {
    const all = entries();
    const at = all.findIndex((entry) => entry === document.activeElement);
    const next = nextOf(event.key, at, items);
    if (next !== null) all[next]?.focus();
    else if (event.key === "Escape") onClose(true);
    else if (event.key === "Tab") return onClose(false);
    else return;
    event.preventDefault();
    // For this menu only: Escape closes the list on a phone, too.
    event.stopPropagation();
  };

  return (
    <div ref={menu} class="menu" role="menu" aria-label={label} onKeyDown={onKeyDown}>
      {items.map(({ words, icon, isDanger, onChoose }) => (
        <button
          key={words}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class="menu-item"
          data-danger={isDanger}
          onClick={() => {
            onClose(true);
            onChoose();
          }}
        >
          <Icon name={icon} />
          {words}
        </button>
      ))}
    </div>
  );
}

/** Where a key moves to; null where it does not move. */
function nextOf(key: string, at: number, items: readonly MenuItem[]): number | null {
  const { length } = items;
  switch (key) {
    case "ArrowDown":
      return (at + 1) % length;
    case "ArrowUp":
      return (at - 1 + length) % length;
    case "Home":
      return 0;
    case "End":
      return length - 1;
  }
  if (!/^\p{L}$/u.test(key)) return null;
  const found = items.findIndex(({ words }) => words.toLowerCase().startsWith(key.toLowerCase()));
  return found === -1 ? null : found;
}

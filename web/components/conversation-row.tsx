// One conversation in the list: a real link, so that it can be opened in a tab of its own, with its name to be changed
// in place and a menu of all that can be done with it.

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { ConversationItem } from "../../protocol/api.ts";
import { pathOf } from "../state/route.ts";
import { isOfComposition } from "./is-send-key.ts";
import { type MenuItem, RowMenu } from "./row-menu.tsx";
import { useApp } from "./use-app.ts";

type RowProps = { item: ConversationItem; isOpen: boolean; onLeave: () => void; onDelete: () => void };

export function ConversationRow({ item, isOpen, onLeave, onDelete }: RowProps) {
  const app = useApp();
  const isRenaming = useSignal(false);
  const link = useRef<HTMLAnchorElement>(null);
  const wasRenaming = useRef(false);
  // Whoever leaves the field by the keyboard goes on from where they came.
  useLayoutEffect(() => {
    if (wasRenaming.current && document.activeElement === document.body) link.current?.focus();
    wasRenaming.current = isRenaming.value;
  }, [isRenaming.value]);

  const open = (event: MouseEvent) => {
    // With a key held it is for the browser: another tab, another window.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    app.router.go(item.id);
    onLeave();
  };

  if (isRenaming.value) {
    return (
      <li class="row" data-id={item.id} data-open={isOpen}>
        <TitleField
          title={item.title}
          onDone={(title) => {
            isRenaming.value = false;
            if (title !== null) void app.rename(item.id, title);
          }}
        />
      </li>
    );
  }
  const { id, pinned, archived } = item;
  const items: MenuItem[] = [
    { words: pinned ? "Unpin" : "Pin", icon: "pin", onChoose: () => void app.pin(id, !pinned) },
    { words: "Rename", icon: "pencil", onChoose: () => (isRenaming.value = true) },
    {
      words: archived ? "Bring back" : "Archive",
      icon: "archive",
      onChoose: () => void app.archive(id, !archived),
    },
    { words: "Delete", icon: "trash", isDanger: true, onChoose: onDelete },
  ];
  return (
    <li class="row" data-id={item.id} data-open={isOpen}>
      <a
        ref={link}
        class="row-link"
        dir="auto"
        href={pathOf(item.id)}
        aria-current={isOpen ? "page" : undefined}
        onClick={open}
      >
        {item.title || "Untitled"}
      </a>
      <RowMenu label={`More about “${item.title}”`} items={items} />
    </li>
  );
}

type FieldProps = { title: string; onDone: (title: string | null) => void };

/** Enter and leaving it keep what was written, Escape does not; an empty name changes nothing. */
function TitleField({ title, onDone }: FieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const isDone = useRef(false);
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);

  const finish = (written: string | null) => {
    // Taking the field away takes its focus too, which is no second answer.
    if (isDone.current) return;
    isDone.current = true;
    const words = written?.trim() ?? "";
    onDone(words === "" || words === title ? null : words);
  };

  return (
    <input
      ref={field}
      class="row-field"
      dir="auto"
      aria-label="Name of the conversation"
      maxLength={200}
      defaultValue={title}
      onBlur={(event) => finish(event.currentTarget.value)}
      onKeyDown={(event) => {
        // For this field only: Escape closes the list on a phone, too.
        if (event.key === "Escape") event.stopPropagation();
        // On a phone too: a name has one line.
        if (event.key === "Enter" && !isOfComposition(event)) finish(event.currentTarget.value);
        if (event.key === "Escape" && !isOfComposition(event)) finish(null);
      }}
    />
  );
}

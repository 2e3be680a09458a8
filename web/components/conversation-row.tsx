// One conversation in the list: a real link, so that it can be opened in a tab of its own, with its name to be changed
// in place.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ConversationItem } from "../../protocol/api.ts";
import { pathOf } from "../state/route.ts";
import { Icon } from "./icon.tsx";
import { useApp } from "./use-app.ts";

type RowProps = { item: ConversationItem; isOpen: boolean; onLeave: () => void; onDelete: () => void };

export function ConversationRow({ item, isOpen, onLeave, onDelete }: RowProps) {
  const app = useApp();
  const isRenaming = useSignal(false);

  const open = (event: MouseEvent) => {
    // With a key held it is for the browser: another tab, another window.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    app.router.go(item.id);
    onLeave();
  };

  if (isRenaming.value) {
    return (
      <li class="row" data-open={isOpen}>
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
  return (
    <li class="row" data-open={isOpen}>
      <a class="row-link" href={pathOf(item.id)} aria-current={isOpen ? "page" : undefined} onClick={open}>
        {item.title || "Untitled"}
      </a>
      <span class="row-actions">
        <button
          type="button"
          class="quiet-button"
          aria-label={`Rename “${item.title}”`}
          title="Rename"
          onClick={() => (isRenaming.value = true)}
        >
          <Icon name="pencil" />
        </button>
        <button
          type="button"
          class="quiet-button"
          aria-label={`Delete “${item.title}”`}
          title="Delete"
          onClick={onDelete}
        >
          <Icon name="trash" />
        </button>
      </span>
    </li>
  );
}

type FieldProps = { title: string; onDone: (title: string | null) => void };

/** Enter and leaving it keep what was written, Escape does not; an empty name changes nothing. */
function TitleField({ title, onDone }: FieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const isDone = useRef(false);
  useEffect(() => field.current?.select(), []);

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
      aria-label="Name of the conversation"
      maxLength={200}
      defaultValue={title}
      onBlur={(event) => finish(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.isComposing) return;
        if (event.key === "Enter") finish(event.currentTarget.value);
        if (event.key === "Escape") finish(null);
      }}
    />
  );
}

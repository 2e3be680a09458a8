// One's own message, being changed in its place: Enter sends it, Escape leaves it as it was; a second one, where there
// are words to lose.

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Conversation } from "../state/conversation.ts";
import { wordsOf } from "../state/notices.ts";
import { Icon } from "./icon.tsx";
import { isOfComposition, isSendKey, sendsOnEnter } from "./is-send-key.ts";
import { useApp } from "./use-app.ts";
import { useGrowingField } from "./use-growing-field.ts";
import "./edit-form.css";

/** One message is changed at a time. */
const COUNT_ID = "edit-count";

export function EditForm({ conversation }: { conversation: Conversation }) {
  const { editing, answering, sendEdit } = conversation;
  const app = useApp();
  const text = editing.composer.text.value;
  const left = app.session.textLength.value - text.length;
  const canSend = !answering.isBusy.value && text.trim() !== "" && left >= 0;
  const field = useRef<HTMLTextAreaElement>(null);
  /** Escape was pressed once. */
  const isLeaving = useSignal(false);
  useGrowingField(field, text);

  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.focus({ preventScroll: true });
    element.setSelectionRange(element.value.length, element.value.length);
    // With its buttons: the browser would only see to the field.
    element.form?.scrollIntoView({ block: "nearest" });
  }, []);

  const send = () => {
    if (canSend) sendEdit();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !isOfComposition(event)) {
      if (isLeaving.value || editing.unsent() === null) editing.cancel();
      else isLeaving.value = true;
    }
    if (!isSendKey(event)) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      class="edit"
      aria-label="Change the message"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        class="edit-field"
        dir="auto"
        aria-label="Changed message"
        aria-describedby={left < 0 ? COUNT_ID : undefined}
        enterkeyhint={sendsOnEnter() ? "send" : "enter"}
        value={text}
        onInput={(event) => {
          isLeaving.value = false;
          editing.composer.write(event.currentTarget.value);
        }}
        onKeyDown={onKeyDown}
      />
      {editing.refusal.value !== null && (
        <div class="edit-refusal" role="alert">
          <Icon name="warning" />
          <span>{wordsOf(editing.refusal.value)}</span>
        </div>
      )}
      <div class="edit-buttons">
        <span class="edit-leaving" role="status">
          {isLeaving.value && "Escape once more discards the change."}
        </span>
        {left < 0 && (
          <span id={COUNT_ID} class="edit-count" role="status">
            {(-left).toLocaleString()} too many
          </span>
        )}
        <button type="button" class="button" onClick={editing.cancel}>
          Cancel
        </button>
        <button type="submit" class="button button-accent" disabled={!canSend}>
          Send
        </button>
      </div>
    </form>
  );
}

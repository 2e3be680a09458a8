// Asks before a conversation is deleted, because nobody can bring it back.

import { useLayoutEffect, useRef } from "preact/hooks";
import type { ConversationItem } from "../../protocol/api.ts";
import "./delete-dialog.css";

type DialogProps = {
  /** Null: nothing is being asked. */
  item: ConversationItem | null;
  onCancel: () => void;
  onConfirm: (item: ConversationItem) => void;
};

export function DeleteDialog({ item, onCancel, onConfirm }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);

  // At once, so that the focus is back on the row before that is gone.
  useLayoutEffect(() => {
    if (item !== null) dialog.current?.showModal();
    else dialog.current?.close();
  }, [item]);

  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="delete-title" onClose={onCancel}>
      <h2 id="delete-title">Delete this conversation?</h2>
      <p>“{item?.title}” will be gone for good, from here and from the server.</p>
      <div class="dialog-buttons">
        <button type="button" class="button" autofocus onClick={onCancel}>
          Keep it
        </button>
        <button type="button" class="button button-danger" onClick={() => item !== null && onConfirm(item)}>
          Delete
        </button>
      </div>
    </dialog>
  );
}

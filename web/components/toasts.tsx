// What happened out of sight, said quietly at the edge of the page.

import type { Notices } from "../state/notices.ts";
import { Icon } from "./icon.tsx";
import "./toasts.css";

export function Toasts({ notices }: { notices: Notices }) {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {notices.shown.value.map(({ id, words, undo }) => (
        <div key={id} class="toast">
          <span>{words}</span>
          {undo !== null && (
            <button
              type="button"
              class="link-button"
              onClick={() => {
                notices.dismiss(id);
                undo();
              }}
            >
              Undo
            </button>
          )}
          <button type="button" class="quiet-button" aria-label="Dismiss" onClick={() => notices.dismiss(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}

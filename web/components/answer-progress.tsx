// What is going on while an answer is under way: a light along the horizon, and words only where something is late.

import type { AnswerView } from "../state/answer.ts";
import "./answer-progress.css";

type ProgressProps = {
  /** Null while nobody follows it yet. */
  view: AnswerView | null;
  isSending?: boolean;
};

export function AnswerProgress({ view, isSending = false }: ProgressProps) {
  return (
    <div class="progress" role="status">
      <span class="progress-line" aria-hidden="true" />
      <span class={wordsOf(view, isSending) === "" ? "visually-hidden" : "progress-words"}>
        {wordsOf(view, isSending) || "An answer is being written."}
      </span>
    </div>
  );
}

function wordsOf(view: AnswerView | null, isSending: boolean): string {
  if (view === null) return "";
  if (view.isWaiting) {
    return isSending ? "Brink cannot be reached; trying again." : "The line dropped. Trying again.";
  }
  if (view.queue === null) return "";
  return view.queue === 0 ? "You are next." : `Waiting for a place: ${view.queue} ahead of you.`;
}

// How an answer ended, where it did not simply end: in plain words, with what can be done about it.

import type { Message } from "../../protocol/api.ts";
import { Icon } from "./icon.tsx";

type EndingProps = { message: Message; onAskAgain: (() => void) | null };

export function AnswerEnding({ message, onAskAgain }: EndingProps) {
  const words = wordsOf(message);
  if (words === null) return null;
  return (
    <div class="ending" data-state={message.state}>
      <span>{words}</span>
      {onAskAgain !== null && message.state !== "complete" && (
        <button type="button" class="link-button" onClick={onAskAgain}>
          <Icon name="retry" />
          Ask again
        </button>
      )}
    </div>
  );
}

function wordsOf({ state, error, finishReason, text }: Message): string | null {
  switch (state) {
    case "stopped":
      return text === "" ? "Stopped before the first word." : "Stopped here.";
    case "failed":
      return error?.detail ?? "No answer came.";
    case "interrupted":
      return error?.detail ?? "This answer was interrupted; what had been said is kept.";
    case "complete":
      if (finishReason === "length") return "The answer reached the longest length that the model gives.";
      if (finishReason === "content_filter") return "The model's filter ended the answer here.";
      return null;
    default:
      return null;
  }
}

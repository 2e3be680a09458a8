// How an answer ended, where it did not simply end: in plain words, with what can be done about it.

import type { ReadonlySignal } from "@preact/signals";
import type { Message } from "../../protocol/api.ts";
import { Icon } from "./icon.tsx";

type EndingProps = {
  message: Message;
  isBusy: ReadonlySignal<boolean>;
  /** Null where it is not to go on: something was said after it. */
  onGoOn: (() => void) | null;
};

export function AnswerEnding({ message, isBusy, onGoOn }: EndingProps) {
  const words = wordsOf(message);
  if (words === null) return null;
  return (
    <div class="ending" data-state={message.state}>
      <span>{words}</span>
      {onGoOn !== null && canGoOn(message) && (
        <button type="button" class="link-button" disabled={isBusy} onClick={onGoOn}>
          <Icon name={message.text === "" ? "retry" : "forth"} />
          {message.text === "" ? "Try again" : "Continue"}
        </button>
      )}
    </div>
  );
}

/** It was cut off, by whatever; unless it is as long as an answer may be, or ended on purpose. */
function canGoOn({ state, finishReason, error }: Message): boolean {
  if (state === "complete") return finishReason === "length";
  return error?.code !== "answer_too_long";
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
      if (text === "") return "The model said nothing.";
      return null;
    default:
      return null;
  }
}

// Where a message is written. Enter sends, Shift and Enter break the line; under a finger Enter breaks it. While an
// answer is being written the place of Send is taken by the button that stops it, and Escape stops it, too.

import { useEffect, useRef } from "preact/hooks";
import type { Conversation } from "../state/conversation.ts";
import { wordsOf } from "../state/notices.ts";
import { canHover } from "./can-hover.ts";
import { Icon } from "./icon.tsx";
import { isOfComposition, isSendKey, sendsOnEnter } from "./is-send-key.ts";
import { ModelPicker } from "./model-picker.tsx";
import { useApp } from "./use-app.ts";
import { useGrowingField } from "./use-growing-field.ts";
import "./composer.css";

/** From this share of the longest message on, what is left is shown. */
const COUNT_FROM = 0.9;
const COUNT_ID = "composer-count";

export function Composer({ conversation }: { conversation: Conversation }) {
  const app = useApp();
  const { composer, answering, refusal } = conversation;
  const text = composer.text.value;
  const left = app.session.textLength.value - text.length;
  const isBusy = answering.isBusy.value;
  const isCounted = left < app.session.textLength.value * (1 - COUNT_FROM);
  const canSend = !isBusy && text.trim() !== "" && left >= 0;
  const field = useRef<HTMLTextAreaElement>(null);

  useGrowingField(field, text);

  // On a phone the keyboard would cover what somebody came to read.
  const focusUnlessTouched = () => {
    if (canHover()) field.current?.focus();
  };
  useEffect(focusUnlessTouched, []);

  // Words that were put here by something else, a suggestion or a refused send, are for going on with.
  const wasFilled = useRef(text !== "");
  useEffect(() => {
    const isFilled = text !== "";
    if (isFilled && !wasFilled.current) field.current?.focus();
    wasFilled.current = isFilled;
  }, [text]);

  const send = () => {
    if (canSend) app.send();
  };

  const onSend = (event: MouseEvent) => {
    if (isSecondClick(event)) event.preventDefault();
    focusUnlessTouched();
  };

  const onStop = (event: MouseEvent) => {
    if (!isSecondClick(event)) void answering.stop();
    // The button is disabled until the answer has ended, and would take the focus along.
    focusUnlessTouched();
  };

  const onBoxClick = ({ target }: MouseEvent) => {
    // A choice that is open would close, and a button on a phone would bring up the keyboard.
    if (target instanceof Element && target.closest("button, select, label") === null) field.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (!isSendKey(event)) return;
    event.preventDefault();
    send();
  };

  /** What is on top, a menu or a dialog, keeps its Escape for itself; so do a composition and a choice that is open. */
  const onBoxKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || isOfComposition(event) || event.target instanceof HTMLSelectElement) return;
    if (isBusy) void answering.stop();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {refusal.value !== null && (
        <div class="refusal" role="alert">
          <Icon name="warning" />
          <span>{wordsOf(refusal.value)}</span>
          {canSend && (
            <button type="submit" class="link-button">
              Try again
            </button>
          )}
        </div>
      )}
      <div class="composer-box" onClick={onBoxClick} onKeyDown={onBoxKeyDown}>
        <textarea
          ref={field}
          rows={1}
          class="composer-field"
          dir="auto"
          aria-label="Message"
          aria-describedby={isCounted ? COUNT_ID : undefined}
          placeholder="Write a message"
          enterkeyhint={sendsOnEnter() ? "send" : "enter"}
          value={text}
          onInput={(event) => composer.write(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <div class="composer-row">
          <ModelPicker conversation={conversation} />
          {isCounted && (
            <span id={COUNT_ID} class="composer-count" data-over={left < 0} role={left < 0 ? "status" : undefined}>
              {left < 0 ? `${(-left).toLocaleString()} too many` : `${left.toLocaleString()} left`}
            </span>
          )}
          {isBusy ? (
            <button
              type="button"
              class="send-button"
              aria-label="Stop the answer"
              title="Stop (Esc)"
              disabled={answering.isStopping.value}
              onClick={onStop}
            >
              <Icon name="stop" />
            </button>
          ) : (
            <button
              type="submit"
              class="send-button"
              aria-label="Send"
              title="Send"
              disabled={!canSend}
              onClick={onSend}
            >
              <Icon name="send" />
            </button>
          )}
        </div>
      </div>
      <p class="composer-note">Answers can be wrong. Check what matters.</p>
    </form>
  );
}

/** Send and Stop stand in one place: the second of two quick clicks was meant for what stood there at the first. */
function isSecondClick({ detail }: MouseEvent): boolean {
  return detail >= 2;
}

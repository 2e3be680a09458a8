// One message: a person's words as they were written, or an answer, finished or still growing; with what can be done
// about it.

import { Component, type ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Message } from "../../protocol/api.ts";
import { Markdown } from "../markdown/markdown.tsx";
import { type Answer, thinkingOf } from "../state/answer.ts";
import type { Conversation } from "../state/conversation.ts";
import { isOver } from "../state/thread.ts";
import type { Version } from "../state/tree.ts";
import { AnswerEnding } from "./answer-ending.tsx";
import { AnswerProgress } from "./answer-progress.tsx";
import { CopyButton } from "./copy-button.tsx";
import { EditForm } from "./edit-form.tsx";
import { Icon } from "./icon.tsx";
import { useApp } from "./use-app.ts";
import { Versions } from "./versions.tsx";
import "./message.css";

export type MessageProps = {
  conversation: Conversation;
  message: Message;
  /** Where this message's answer is being written just now. */
  answer: Answer | null;
  /** Null where it is the only one in its place. */
  version: Version | null;
  /** Only the end of a branch can go on. */
  isLast: boolean;
  /** Its words are being changed. */
  isEditing: boolean;
  onSwitch: (message: Message, step: -1 | 1) => void;
};

/** Drawn again only when something about this very message has changed: there may be thousands of others. */
export class MessageView extends Component<MessageProps> {
  override shouldComponentUpdate(next: MessageProps): boolean {
    const { conversation, message, answer, version, isLast, isEditing, onSwitch } = this.props;
    const isSame =
      conversation === next.conversation &&
      message === next.message &&
      answer === next.answer &&
      isLast === next.isLast &&
      isEditing === next.isEditing &&
      onSwitch === next.onSwitch;
    return !isSame || !isSameVersion(version, next.version);
  }

  override render(props: MessageProps): ComponentChildren {
    return props.message.role === "user" ? <Question {...props} /> : <AnswerMessage {...props} />;
  }
}

function isSameVersion(a: Version | null, b: Version | null): boolean {
  return a?.number === b?.number && a?.count === b?.count && a?.isPartial === b?.isPartial;
}

function Question({ conversation, message, version, isEditing, onSwitch }: MessageProps) {
  const app = useApp();
  const { id, text } = message;
  const editButton = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(isEditing);
  // Whoever leaves the field by the keyboard goes on from where they came.
  useLayoutEffect(() => {
    if (wasEditing.current && document.activeElement === document.body) editButton.current?.focus();
    wasEditing.current = isEditing;
  }, [isEditing]);

  const edit = () => {
    if (conversation.editing.begin(message)) return;
    // Where the other one stands, if that is on the page.
    const open = document.querySelector<HTMLElement>(".edit-field");
    if (open === null) app.notices.say("Another change comes first: further up, in another version, or on its way.");
    else open.focus();
  };

  return (
    <article class="message message-user" data-message={id}>
      <h2 class="visually-hidden">You</h2>
      {isEditing ? <EditForm conversation={conversation} /> : <div class="bubble">{text}</div>}
      {!isEditing && (
        <footer class="message-actions">
          <CopyButton text={text} label="Copy message" />
          <button
            ref={editButton}
            type="button"
            class="quiet-button"
            aria-label="Edit message"
            title="Edit"
            onClick={edit}
          >
            <Icon name="pencil" />
          </button>
          {version !== null && <Versions version={version} onSwitch={(step) => onSwitch(message, step)} />}
        </footer>
      )}
    </article>
  );
}

/** While its answer is written it is drawn again for every frame; when that ends it stands as it is. */
function AnswerMessage({ conversation, message, answer, version, isLast, onSwitch }: MessageProps) {
  const view = answer?.view.value ?? null;
  const { isBusy } = conversation.answering;
  const isDone = view === null && isOver(message.state);
  const text = view?.text ?? message.text;
  const thinking = view?.thinking ?? thinkingOf(message.parts ?? []);
  return (
    <article
      class="message message-assistant"
      data-message={message.id}
      data-state={view === null ? message.state : "streaming"}
      aria-busy={view !== null}
    >
      <h2 class="visually-hidden">Brink</h2>
      <Thinking text={thinking} isOpen={view?.text === ""} />
      <Markdown text={text} isGrowing={!isDone} />
      {isDone ? (
        <AnswerEnding message={message} isBusy={isBusy} onGoOn={isLast ? () => conversation.goOn(message) : null} />
      ) : (
        <AnswerProgress view={view} isSending={answer?.hasStarted === false} />
      )}
      <footer class="message-actions">
        {version !== null && <Versions version={version} onSwitch={(step) => onSwitch(message, step)} />}
        {isDone && text !== "" && <CopyButton text={text} label="Copy answer" />}
        {isDone && (
          <button
            type="button"
            class="quiet-button"
            aria-label="Regenerate"
            title="Regenerate"
            disabled={isBusy}
            onClick={() => conversation.regenerate(message)}
          >
            <Icon name="retry" />
          </button>
        )}
        {isDone && <ForkButton conversation={conversation} message={message} />}
        {isDone && <span class="message-facts">{factsOf(message)}</span>}
      </footer>
    </article>
  );
}

/** While one is on its way it keeps its place and its focus, which a button that is disabled loses. */
function ForkButton({ conversation, message }: Pick<MessageProps, "conversation" | "message">) {
  const { forking } = useApp();
  return (
    <button
      type="button"
      class="quiet-button"
      aria-label="Fork from here"
      title="Fork from here"
      aria-disabled={forking.isForking.value}
      onClick={() => void forking.fork(conversation.id, message.id)}
    >
      <Icon name="fork" />
    </button>
  );
}

function Thinking({ text, isOpen }: { text: string; isOpen: boolean }) {
  if (text === "") return null;
  return (
    <details class="thinking" open={isOpen}>
      <summary>{isOpen ? "Thinking" : "Thoughts"}</summary>
      <div class="thinking-text" dir="auto">
        {text}
      </div>
    </details>
  );
}

/** What is known of an answer, in few words: its model, its length, and whether it was remembered. */
function factsOf({ model, usage, cached }: Message): string {
  const facts = [model, usage && `${usage.outputTokens.toLocaleString()} tokens`, cached === true && "from memory"];
  return facts.filter(Boolean).join(" · ");
}

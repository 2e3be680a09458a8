// One message: a person's words as they were written, or an answer, finished or still growing.

import type { Message } from "../../protocol/api.ts";
import { Markdown } from "../markdown/markdown.tsx";
import { type Answer, thinkingOf } from "../state/answer.ts";
import { isOver } from "../state/thread.ts";
import { AnswerEnding } from "./answer-ending.tsx";
import { AnswerProgress } from "./answer-progress.tsx";
import { CopyButton } from "./copy-button.tsx";
import "./message.css";

type MessageProps = {
  message: Message;
  /** Where this message's answer is being written just now. */
  answer: Answer | null;
  /** Null where asking again is not to be offered: only the last answer can be followed by another try. */
  onAskAgain: (() => void) | null;
};

export function MessageView({ message, answer, onAskAgain }: MessageProps) {
  if (message.role === "user") return <Question message={message} />;
  if (answer !== null) return <GrowingAnswer message={message} answer={answer} />;
  const { id, text, parts, state } = message;
  return (
    <article class="message message-assistant" data-message={id} data-state={state}>
      <h2 class="visually-hidden">Brink</h2>
      <Thinking text={thinkingOf(parts ?? [])} isOpen={false} />
      <Markdown text={text} isGrowing={!isOver(state)} />
      {isOver(state) ? <AnswerEnding message={message} onAskAgain={onAskAgain} /> : <AnswerProgress view={null} />}
      <footer class="message-actions">
        {text !== "" && <CopyButton text={text} label="Copy answer" />}
        <span class="message-facts">{factsOf(message)}</span>
      </footer>
    </article>
  );
}

function Question({ message: { id, text } }: { message: Message }) {
  return (
    <article class="message message-user" data-message={id}>
      <h2 class="visually-hidden">You</h2>
      <div class="bubble">{text}</div>
      <footer class="message-actions">
        <CopyButton text={text} label="Copy message" />
      </footer>
    </article>
  );
}

/** The only component that is drawn again for every frame of a stream. */
function GrowingAnswer({ message, answer }: { message: Message; answer: Answer }) {
  const view = answer.view.value;
  return (
    <article class="message message-assistant" data-message={message.id} data-state="streaming" aria-busy="true">
      <h2 class="visually-hidden">Brink</h2>
      <Thinking text={view.thinking} isOpen={view.text === ""} />
      <Markdown text={view.text} isGrowing />
      <AnswerProgress view={view} />
    </article>
  );
}

function Thinking({ text, isOpen }: { text: string; isOpen: boolean }) {
  if (text === "") return null;
  return (
    <details class="thinking" open={isOpen}>
      <summary>{isOpen ? "Thinking" : "Thoughts"}</summary>
      <div class="thinking-text">{text}</div>
    </details>
  );
}

/** What is known of an answer, in few words: its model, its length, and whether it was remembered. */
function factsOf({ model, usage, cached }: Message): string {
  const facts = [model, usage && `${usage.outputTokens.toLocaleString()} tokens`, cached === true && "from memory"];
  return facts.filter(Boolean).join(" · ");
}

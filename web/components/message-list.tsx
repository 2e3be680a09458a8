// The messages of a conversation, oldest first: stays at the end while its reader does, and fetches what is older when
// the reader comes near the top.

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Conversation } from "../state/conversation.ts";
import { AnswerProgress } from "./answer-progress.tsx";
import { Icon } from "./icon.tsx";
import { MessageView } from "./message.tsx";
import { useStickToEnd } from "./use-stick-to-end.ts";
import "./message-list.css";

/** How far from the top older messages begin to be fetched. */
const FETCH_MARGIN = "600px 0px 0px 0px";

export function MessageList({ conversation }: { conversation: Conversation }) {
  const { branch, answering, composer, hasOlder } = conversation;
  const messages = branch.value;
  const answer = answering.answer.value;
  const answeringId = answering.messageId.value;
  const outgoing = composer.outgoing.value;
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const sentinel = useRef<HTMLDivElement>(null);
  const { isAtEnd, goToEnd } = useStickToEnd(scroller, content);
  /** The message that was first before older ones came, and where it stood. */
  const anchor = useRef<{ element: HTMLElement; top: number } | null>(null);

  const loadOlder = () => {
    const element = content.current?.querySelector<HTMLElement>("[data-message]") ?? null;
    if (element !== null) anchor.current = { element, top: element.offsetTop };
    void conversation.loadOlder();
  };

  // What a person reads stays where it is when older messages come in above it.
  useLayoutEffect(() => {
    const held = anchor.current;
    if (held === null || scroller.current === null || held.element.offsetTop === held.top) return;
    scroller.current.scrollTop += held.element.offsetTop - held.top;
    anchor.current = null;
  }, [messages]);

  useEffect(() => {
    if (sentinel.current === null) return undefined;
    // Made anew for every page: an observer says nothing while its element stays in view.
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting === true && loadOlder(), {
      root: scroller.current,
      rootMargin: FETCH_MARGIN,
    });
    observer.observe(sentinel.current);
    return () => observer.disconnect();
  }, [hasOlder.value, messages[0]?.id]);

  // Whoever sends wants to see it.
  useLayoutEffect(() => {
    if (outgoing !== null) goToEnd();
  }, [outgoing?.id]);

  return (
    <div class="scroller-frame">
      <div class="scroller" ref={scroller} tabIndex={-1}>
        <div class="messages" ref={content}>
          {hasOlder.value && (
            <div class="older" ref={sentinel} role="status">
              Loading older messages…
            </div>
          )}
          {messages.map((message, index) => (
            <MessageView
              key={message.id}
              message={message}
              answer={message.id === answeringId ? answer : null}
              onAskAgain={
                index === messages.length - 1 && answer === null ? () => conversation.askAgain(message) : null
              }
            />
          ))}
          {outgoing !== null && answer !== null && answeringId === null && (
            <>
              <article class="message message-user">
                <h2 class="visually-hidden">You, sending</h2>
                <div class="bubble bubble-sending">{outgoing.text}</div>
              </article>
              <AnswerProgress view={answer.view.value} isSending />
            </>
          )}
        </div>
      </div>
      {!isAtEnd.value && (
        <button type="button" class="to-end" aria-label="Jump to the latest message" onClick={goToEnd}>
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}

// The messages of a conversation, oldest first: stays at the end while its reader does, and fetches what is older when
// the reader comes near the top.

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Message } from "../../protocol/api.ts";
import type { Conversation } from "../state/conversation.ts";
import { AnswerProgress } from "./answer-progress.tsx";
import { canHover } from "./can-hover.ts";
import { Icon } from "./icon.tsx";
import { MessageView } from "./message.tsx";
import { usePrinting } from "./use-printing.ts";
import { useSettled } from "./use-settled.ts";
import { useStickToEnd } from "./use-stick-to-end.ts";
import { useWindow } from "./use-window.ts";
import "./message-list.css";

/** How far from the top older messages begin to be fetched. */
const FETCH_MARGIN = "600px 0px 0px 0px";

export function MessageList({ conversation }: { conversation: Conversation }) {
  const { branching, answering, composer, editing } = conversation;
  const branch = branching.branch.value;
  const versions = branching.versions.value;
  const hasOlder = branching.hasOlder.value;
  const hasFailed = branching.problem.value !== null;
  const answer = answering.answer.value;
  const answeringId = answering.messageId.value;
  const outgoing = composer.outgoing.value ?? editing.composer.outgoing.value;
  const { groups, hasMore, grow, trim, isTrimming, drawAll } = useWindow(branch);
  const [first] = groups;
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const sentinel = useRef<HTMLDivElement>(null);
  const { isAtEnd, goToEnd, letGo } = useStickToEnd(scroller, content);
  useSettled(content, groups.length);
  /** What is to stay where it is, however the messages around it change. */
  const anchor = useRef<{ element: Element; top: number } | null>(null);

  const hold = (element: Element | null) => {
    anchor.current = element && { element, top: element.getBoundingClientRect().top };
    // For the change that comes of this turn, and no later one.
    requestAnimationFrame(() => (anchor.current = null));
  };

  const onNearTop = () => {
    if (!hasMore) return void branching.loadOlder();
    hold(content.current?.querySelector("[data-message]") ?? null);
    grow();
  };

  const onSwitch = useRef((message: Message, step: -1 | 1) => {
    letGo();
    hold(content.current?.querySelector(`[data-message="${message.id}"] .versions`) ?? null);
    void branching.switchVersion(message, step);
  });

  usePrinting((isPrinting) => {
    // The last message stands before and after it.
    hold([...(content.current?.querySelectorAll("[data-message]") ?? [])].at(-1) ?? null);
    drawAll(isPrinting);
  });

  useLayoutEffect(() => {
    const held = anchor.current;
    if (held === null || !held.element.isConnected || scroller.current === null) return;
    scroller.current.scrollTop += held.element.getBoundingClientRect().top - held.top;
    anchor.current = null;
  }, [branch, first?.key]);

  useEffect(() => {
    // After a failure it is for the reader to ask again, not for a loop.
    if (sentinel.current === null || hasFailed) return undefined;
    // Made anew for every page: an observer says nothing while its element stays in view.
    // Several looks may be told of at once, of which the first is the oldest.
    const onSeen = (looks: IntersectionObserverEntry[]) => looks.at(-1)?.isIntersecting === true && onNearTop();
    const observer = new IntersectionObserver(onSeen, { root: scroller.current, rootMargin: FETCH_MARGIN });
    observer.observe(sentinel.current);
    return () => observer.disconnect();
  }, [hasOlder, hasMore, hasFailed, first?.key, branch[0]?.id]);

  // Begun when the reader comes to the end, and gone on with, frame by frame, while they stay there.
  useEffect(() => {
    if (isAtEnd.value) trim();
  }, [isAtEnd.value, isTrimming && groups.length]);

  // Whoever asks wants to see the answer.
  const askedId = answering.asked.value?.request.id;
  useLayoutEffect(() => {
    if (askedId === undefined) return;
    goToEnd();
    // What was pressed is gone, and took the focus along. On a phone the field would bring the keyboard up.
    if (document.activeElement !== document.body) return;
    const field = canHover() ? document.querySelector<HTMLElement>(".composer-field") : scroller.current;
    field?.focus({ preventScroll: true });
  }, [askedId]);

  const jump = () => {
    goToEnd();
    // The button is about to go, and would take the focus along.
    scroller.current?.focus({ preventScroll: true });
  };

  return (
    <div class="scroller-frame">
      <div class="scroller" ref={scroller} tabIndex={-1}>
        <div class="messages" ref={content}>
          {(hasMore || hasOlder) && (
            <div class="older" ref={sentinel} role="status">
              {hasFailed ? "Older messages could not be fetched. " : "Loading older messages…"}
              {hasFailed && (
                <button type="button" class="link-button" onClick={branching.loadOlder}>
                  Try again
                </button>
              )}
            </div>
          )}
          {groups.map(({ key, messages }) => (
            <div key={key} class="message-group">
              {messages.map((message) => (
                <MessageView
                  // By its place, so that another version of it is drawn into the same one.
                  key={message.parentId ?? "root"}
                  conversation={conversation}
                  message={message}
                  answer={message.id === answeringId ? answer : null}
                  version={versions.get(message.id) ?? null}
                  isLast={message === branch.at(-1)}
                  isEditing={message.id === editing.messageId.value}
                  onSwitch={onSwitch.current}
                />
              ))}
            </div>
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
        <button type="button" class="to-end" aria-label="Jump to the latest message" onClick={jump}>
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}

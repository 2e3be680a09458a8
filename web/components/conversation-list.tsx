// Every conversation, newest first, in the groups of the calendar, or those in the archive; the next page is fetched when
// the end comes near.

import { useEffect, useRef } from "preact/hooks";
import type { ConversationItem } from "../../protocol/api.ts";
import { groupByDay } from "../state/group-by-day.ts";
import { ConversationRow } from "./conversation-row.tsx";
import { useApp } from "./use-app.ts";
import { useRowFocus } from "./use-row-focus.ts";

type ListProps = {
  onLeave: () => void;
  onDelete: (item: ConversationItem) => void;
  /** The last row is gone, and had the focus. */
  onEmpty: () => void;
};

export function ConversationList({ onLeave, onDelete, onEmpty }: ListProps) {
  const app = useApp();
  const { conversations } = app;
  const items = conversations.shown.value;
  const isArchive = conversations.showsArchive.value;
  const hasFailed = conversations.moreProblem.value !== null;
  const list = useRef<HTMLElement>(null);
  const end = useRef<HTMLLIElement>(null);
  const { conversationId } = app.router.route.value;

  useRowFocus(list, onEmpty);

  useEffect(() => {
    // After a failure it is for the reader to ask again, not for a loop.
    if (end.current === null || hasFailed) return undefined;
    // Several looks may be told of at once, of which the first is the oldest.
    const onSeen = (looks: IntersectionObserverEntry[]) =>
      looks.at(-1)?.isIntersecting === true && conversations.loadMore();
    const observer = new IntersectionObserver(onSeen);
    observer.observe(end.current);
    return () => observer.disconnect();
    // A page of nothing but what is not shown leaves the list as long as it was.
  }, [conversations.items.value.length, isArchive, conversations.hasMore.value, hasFailed]);

  return (
    <nav ref={list} class="conversation-list" aria-label="Conversations">
      {isArchive && (
        <div class="list-head">
          <h2>Archive</h2>
          <button type="button" class="link-button" onClick={() => (conversations.showsArchive.value = false)}>
            Back
          </button>
        </div>
      )}
      {conversations.problem.value !== null && (
        <div class="list-notice" role="status">
          <p>{conversations.problem.value.detail}</p>
          <button type="button" class="link-button" onClick={conversations.refresh}>
            Try again
          </button>
        </div>
      )}
      {items.length === 0 && conversations.isLoaded.value && (
        <p class="list-notice">{isArchive ? "Nothing is archived." : "What you talk about will be kept here."}</p>
      )}
      {groupByDay(items, Date.now()).map((group) => (
        <section key={group.name}>
          {isArchive ? <h3 class="list-heading">{group.name}</h3> : <h2 class="list-heading">{group.name}</h2>}
          <ul>
            {group.items.map((item) => (
              <ConversationRow
                key={item.id}
                item={item}
                isOpen={item.id === conversationId}
                onLeave={onLeave}
                onDelete={() => onDelete(item)}
              />
            ))}
          </ul>
        </section>
      ))}
      {conversations.hasMore.value && (
        <ul>
          <li class="list-more" ref={end} role="status">
            {hasFailed ? "The others could not be fetched. " : "Loading more…"}
            {hasFailed && (
              <button type="button" class="link-button" onClick={conversations.loadMore}>
                Try again
              </button>
            )}
          </li>
        </ul>
      )}
    </nav>
  );
}

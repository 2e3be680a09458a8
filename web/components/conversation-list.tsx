// Every conversation, newest first, in the groups of the calendar; the next page is fetched when the end comes near.

import { useEffect, useRef } from "preact/hooks";
import type { ConversationItem } from "../../protocol/api.ts";
import { groupByDay } from "../state/group-by-day.ts";
import { ConversationRow } from "./conversation-row.tsx";
import { useApp } from "./use-app.ts";

type ListProps = { onLeave: () => void; onDelete: (item: ConversationItem) => void };

export function ConversationList({ onLeave, onDelete }: ListProps) {
  const app = useApp();
  const { conversations } = app;
  const items = conversations.items.value;
  const end = useRef<HTMLLIElement>(null);
  const { conversationId } = app.router.route.value;

  useEffect(() => {
    if (end.current === null) return undefined;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting === true && conversations.loadMore());
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [items.length, conversations.hasMore.value]);

  return (
    <nav class="conversation-list" aria-label="Conversations">
      {conversations.problem.value !== null && (
        <div class="list-notice" role="status">
          <p>{conversations.problem.value.detail}</p>
          <button type="button" class="link-button" onClick={conversations.refresh}>
            Try again
          </button>
        </div>
      )}
      {items.length === 0 && conversations.isLoaded.value && (
        <p class="list-notice">What you talk about will be kept here.</p>
      )}
      {groupByDay(items, Date.now()).map((group) => (
        <section key={group.name}>
          <h2 class="list-heading">{group.name}</h2>
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
            Loading more…
          </li>
        </ul>
      )}
    </nav>
  );
}

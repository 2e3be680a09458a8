// One conversation on the page: its head, its messages or what stands in their place, and the composer.

import type { Conversation, Status } from "../state/conversation.ts";
import { Composer } from "./composer.tsx";
import { EmptyState } from "./empty-state.tsx";
import { Icon } from "./icon.tsx";
import { MessageList } from "./message-list.tsx";
import { useApp } from "./use-app.ts";
import type { Drawer } from "./use-drawer.ts";
import "./chat.css";

type ChatProps = { conversation: Conversation; drawer: Drawer };

export function Chat({ conversation, drawer }: ChatProps) {
  const app = useApp();
  const status = app.isMissing.value ? "missing" : conversation.status.value;
  return (
    <main class="chat" data-status={status} inert={drawer.isOpen.value}>
      <header class="chat-header">
        <button
          ref={drawer.opener}
          type="button"
          class="icon-button only-narrow"
          aria-label="Open the list"
          onClick={() => (drawer.isOpen.value = true)}
        >
          <Icon name="menu" />
        </button>
        <h1 class="chat-title" dir="auto">
          {conversation.title.value || (status === "new" ? "New chat" : "")}
        </h1>
        <button type="button" class="icon-button only-narrow" aria-label="New chat" onClick={app.newChat}>
          <Icon name="plus" />
        </button>
      </header>
      <Middle conversation={conversation} status={status} />
      {status !== "missing" && <Composer conversation={conversation} />}
    </main>
  );
}

function Middle({ conversation, status }: { conversation: Conversation; status: Status }) {
  const app = useApp();
  switch (status) {
    case "new":
      return <EmptyState composer={conversation.composer} />;
    case "loading":
      return <Waiting />;
    case "ready": {
      const { branch, hasOlder, problem } = conversation.branching;
      // The branch stands on older pages, which are on their way.
      if (branch.value.length === 0 && hasOlder.value && problem.value === null) return <Waiting />;
      return <MessageList conversation={conversation} />;
    }
    case "missing":
      return (
        <div class="chat-notice">
          <h2>There is nothing here.</h2>
          <p>The link is not whole, or its conversation was deleted or belongs to somebody else.</p>
          <button type="button" class="button" onClick={app.newChat}>
            Start a new chat
          </button>
        </div>
      );
    case "failed":
      return (
        <div class="chat-notice" role="alert">
          <h2>This conversation could not be loaded.</h2>
          <p>{conversation.problem.value?.detail}</p>
          <button type="button" class="button" onClick={conversation.show}>
            Try again
          </button>
        </div>
      );
  }
}

/** The shape of what is on its way; it shows only where the wait is long enough to be noticed. */
function Waiting() {
  return (
    <div class="skeleton" role="status" aria-label="Loading the conversation">
      <span class="skeleton-line skeleton-question" />
      <span class="skeleton-line" />
      <span class="skeleton-line" />
      <span class="skeleton-line skeleton-short" />
    </div>
  );
}

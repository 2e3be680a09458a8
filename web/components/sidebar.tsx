// The side of the page: a new chat, every conversation there is, and the few settings.

import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useRef } from "preact/hooks";
import type { ConversationItem } from "../../protocol/api.ts";
import type { Theme } from "../state/theme.ts";
import { ConversationList } from "./conversation-list.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";
import { Icon } from "./icon.tsx";
import { beginNewChat, NEW_CHAT_TITLE } from "./new-chat.ts";
import { ThemeSwitch } from "./theme-switch.tsx";
import { useApp } from "./use-app.ts";
import "./sidebar.css";

type SidebarProps = {
  theme: Theme;
  /** The button that closes the drawer that the side is on a phone. */
  closer: RefObject<HTMLButtonElement | null>;
  /** Something was chosen, or the drawer was closed. */
  onLeave: () => void;
};

export function Sidebar({ theme, closer, onLeave }: SidebarProps) {
  const app = useApp();
  const newChatButton = useRef<HTMLButtonElement>(null);
  const deleting = useSignal<ConversationItem | null>(null);
  const user = app.session.user.value;

  const { showsArchive } = app.conversations;

  const newChat = () => {
    beginNewChat(app);
    onLeave();
  };

  return (
    <aside class="sidebar" aria-label="Conversations">
      <div class="sidebar-head">
        <span class="wordmark">
          <img src="/icon.svg" alt="" width="24" height="24" />
          Brink
        </span>
        <button
          ref={closer}
          type="button"
          class="icon-button only-narrow"
          aria-label="Close the list"
          onClick={onLeave}
        >
          <Icon name="close" />
        </button>
      </div>
      <div class="sidebar-tools">
        <button ref={newChatButton} type="button" class="new-chat" onClick={newChat} title={NEW_CHAT_TITLE}>
          <Icon name="plus" />
          New chat
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label="Show the archive"
          title="Archive"
          aria-pressed={showsArchive.value}
          onClick={() => (showsArchive.value = !showsArchive.value)}
        >
          <Icon name="archive" />
        </button>
      </div>
      <ConversationList
        onLeave={onLeave}
        onDelete={(item) => (deleting.value = item)}
        onEmpty={() => newChatButton.current?.focus()}
      />
      <div class="sidebar-foot">
        <span
          class="sidebar-user"
          title={user?.kind === "guest" ? "These conversations belong to this browser." : undefined}
        >
          {user === null ? "" : (user.name ?? user.email ?? "Guest")}
        </span>
        <ThemeSwitch theme={theme} />
      </div>
      <DeleteDialog
        item={deleting.value}
        onCancel={() => (deleting.value = null)}
        onConfirm={(item) => {
          deleting.value = null;
          void app.remove(item.id);
        }}
      />
    </aside>
  );
}

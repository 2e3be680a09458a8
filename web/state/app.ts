// All models together, and what each has to hear of the others: which conversation is open, what is sent, what ends.

import { computed, effect, signal, untracked } from "@preact/signals";
import { createApi } from "../api.ts";
import { type Conversation, createConversation, titleOf } from "./conversation.ts";
import { createConversations } from "./conversations.ts";
import { createNotices } from "./notices.ts";
import type { Ports } from "./ports.ts";
import { type Address, createRouter } from "./route.ts";
import { createSession } from "./session.ts";

/** Conversations kept as they were left, so that going back to one shows it at once. */
const KEPT = 12;
/** The list knows of a conversation a second after its first message was answered; a little more, to be sure. */
const LISTED_AFTER_MS = 1_200;

/** More than this is better read on the page, at one's own pace. */
const ANNOUNCED_LENGTH = 1_000;

export type App = ReturnType<typeof createApp>;

export function createApp(ports: Ports, address: Address) {
  const api = createApi(ports.fetch);
  const notices = createNotices(ports);
  const session = createSession(api);
  const conversations = createConversations(api, session, notices);
  const router = createRouter(address);
  const kept = new Map<string, Conversation>();
  const announcement = signal("");
  /** The new chat that is being written, until it is sent and gets its address. */
  const fresh = signal(createFresh());

  function createFresh(): Conversation {
    return createConversation(ports.createId(), true, surroundings());
  }

  function surroundings() {
    return { api, session, notices, ports, onChange };
  }

  function find(id: string): Conversation {
    const conversation = kept.get(id) ?? createConversation(id, false, surroundings());
    kept.delete(id);
    kept.set(id, conversation);
    for (const [oldest, held] of kept) {
      // One with something under way is still needed, whoever looks.
      if (kept.size > KEPT && oldest !== id && held.answering.answer.value === null) kept.delete(oldest);
    }
    return conversation;
  }

  function onChange(conversation: Conversation, change: "sent" | "ended"): void {
    const time = new Date(ports.now()).toISOString();
    const last = conversation.branch.value.at(-1);
    if (change === "sent") {
      const title = conversation.title.value || titleOf(last?.text ?? "");
      conversations.noteSent({
        id: conversation.id,
        title,
        model: conversation.model.value ?? "",
        createdAt: time,
        updatedAt: time,
        pinned: false,
        archived: false,
      });
      ports.schedule(() => void conversations.refresh(), LISTED_AFTER_MS);
    } else {
      void conversations.refresh();
      if (conversation === open.value) announcement.value = announce(last?.state, last?.text ?? "");
    }
    ports.tabs.tell(conversation.id);
  }

  const open = computed(() => {
    const { conversationId } = router.route.value;
    return conversationId === null ? fresh.value : untracked(() => find(conversationId));
  });

  let shown: Conversation | null = null;
  const stopShowing = effect(() => {
    const next = open.value;
    if (next === shown) return;
    untracked(() => {
      shown?.hide();
      shown = next;
      next.show();
    });
  });

  ports.tabs.listen((id) => {
    void conversations.refresh();
    if (open.value.id === id) open.value.look();
  });

  return {
    session,
    conversations,
    notices,
    router,
    open,
    /** What a screen reader should hear. */
    announcement,
    /** Ends what the app does by itself. */
    dispose: stopShowing,

    /** Reads what is there; the conversation that is open reads itself. */
    start: (): Promise<void> => conversations.refresh(),

    /** A second look at everything that is shown: on coming back to the page, and every so often. */
    look(): void {
      void conversations.refresh();
      open.value.look();
    },

    newChat(): void {
      router.go(null);
    },

    send(): void {
      const conversation = open.value;
      const isFirst = conversation.status.value === "new";
      if (!conversation.send() || !isFirst) return;
      kept.set(conversation.id, conversation);
      router.go(conversation.id);
      if (conversation === fresh.value) fresh.value = createFresh();
    },

    async pickModel(model: string): Promise<void> {
      const conversation = open.value;
      const before = conversation.model.value;
      conversation.model.value = model;
      if (conversation.status.value === "new") return;
      const item = await conversations.change(conversation.id, { model });
      conversation.model.value = item === null ? before : item.model;
    },

    async rename(id: string, title: string): Promise<void> {
      const item = await conversations.change(id, { title });
      const held = kept.get(id);
      if (item !== null && held !== undefined) held.title.value = item.title;
    },

    async remove(id: string): Promise<void> {
      if (!(await conversations.remove(id))) return;
      kept.get(id)?.composer.forget();
      if (open.value.id === id) router.go(null, "replace");
      kept.delete(id);
      ports.tabs.tell(id);
    },
  };
}

function announce(state: string | undefined, text: string): string {
  const rest = text.length > ANNOUNCED_LENGTH ? " … The rest is on the page." : "";
  return `Answer ${state ?? "complete"}. ${text.slice(0, ANNOUNCED_LENGTH)}${rest}`;
}

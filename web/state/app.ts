// All models together, and what each has to hear of the others: which conversation is open, what is sent, what ends.

import { batch, computed, effect, signal, untracked } from "@preact/signals";
import type { ConversationItem, PatchRequest } from "../../protocol/api.ts";
import { createApi } from "../api.ts";
import { createAnnouncement } from "./announcement.ts";
import { createComposer } from "./composer.ts";
import { type Change, type Conversation, createConversation } from "./conversation.ts";
import { createConversations } from "./conversations.ts";
import { createEditing } from "./editing.ts";
import { createForking } from "./forking.ts";
import { createNotices } from "./notices.ts";
import type { Ports } from "./ports.ts";
import { type Address, createRouter } from "./route.ts";
import { createSession } from "./session.ts";
import { emptyThread } from "./thread.ts";
import { titleOf } from "./title.ts";

/** Conversations kept as they were left, so that going back to one shows it at once. */
const KEPT = 12;
/** The list knows of a conversation a second after its first message was answered; a little more, to be sure. */
const LISTED_AFTER_MS = 1_200;

/** Of the looks that a page takes by itself, so many pass for one at the list where only the list needs it. */
const LIST_EVERY = 4;

export type App = ReturnType<typeof createApp>;

export function createApp(ports: Ports, address: Address) {
  const api = createApi(ports.fetch, ports.schedule);
  const notices = createNotices(ports);
  const session = createSession(api);
  const conversations = createConversations({ api, session, notices, ports });
  const forking = createForking({ api, session, notices, ports }, onForked);
  const router = createRouter(address);
  const kept = new Map<string, Conversation>();
  /** Being deleted here: no news, then, that they are gone. */
  const removing = new Set<string>();
  let cancelRefresh = () => {};
  const announcement = createAnnouncement(ports);
  /** Looks that were due while the bell was heard. */
  let heardLooks = 0;
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

  function onChange(conversation: Conversation, change: Change): void {
    switch (change) {
      case "sent":
        noteSent(conversation);
        refreshSoon();
        break;
      case "unsent":
        return takeBack(conversation);
      case "ended":
        void conversations.refresh();
        if (conversation === open.value) announcement.announce(conversation.branching.branch.value.at(-1));
        break;
      case "told":
        // Other tabs have a bell of their own.
        conversations.noteTitle(conversation.id, conversation.title.value);
        return refreshSoon();
      case "gone":
        return forget(conversation);
      case "missing":
        // The list may be behind, and would lead here again.
        return conversations.forget(conversation.id);
    }
    tell(conversation.id);
  }

  function noteSent({ id, title, model, branching }: Conversation): void {
    const time = new Date(ports.now()).toISOString();
    conversations.noteSent({
      id,
      title: title.value || titleOf(branching.branch.value.at(-1)?.text ?? ""),
      model: model.value ?? "",
      createdAt: time,
      updatedAt: time,
      pinned: false,
      archived: false,
    });
  }

  /** It stands first, and whoever has waited for it goes on there. */
  function onForked(item: ConversationItem, sourceId: string): void {
    conversations.noteSent(item);
    refreshSoon();
    if (open.value.id === sourceId) router.go(item.id);
    else notices.say("The fork stands first in the list.");
    tell(item.id);
  }

  /** Other tabs of this browser. */
  function tell(conversationId: string, isGone = false): void {
    ports.tabs.tell({ conversationId, isGone });
  }

  /** When the server's list has heard of it, too; once for all that happens until then. */
  function refreshSoon(): void {
    cancelRefresh();
    cancelRefresh = ports.schedule(() => void conversations.refresh(), LISTED_AFTER_MS);
  }

  /** Out of the list and off the page; nobody who deletes it here has to be told. */
  function forget(conversation: Conversation): void {
    const { id, composer } = conversation;
    const isOurs = removing.has(id);
    const words = isOurs ? "" : composer.text.value;
    composer.forget();
    conversations.forget(id);
    kept.delete(id);
    if (open.value !== conversation) return;
    if (!isOurs) notices.say("This conversation is not here any more.");
    // What was being written goes along to a new chat.
    const draft = fresh.value.composer;
    if (words !== "") draft.write([draft.text.value, words].filter(Boolean).join("\n\n"));
    router.go(null, "replace");
  }

  /** What was being written in it is not kept for nobody; it is stored by name, held or not. */
  function forgetWriting(id: string): void {
    const { composer, editing } = kept.get(id) ?? {
      composer: createComposer(id, ports),
      editing: createEditing(id, signal(emptyThread), ports),
    };
    composer.forget();
    editing.cancel();
  }

  /** Not taken: the new chat again, where its words are looked for. Its ids stay: it may have arrived after all. */
  function takeBack(conversation: Conversation): void {
    const { id, composer } = conversation;
    const isOpen = open.value === conversation;
    const later = fresh.value.composer.text.value;
    batch(() => {
      if (later !== "") composer.write(`${composer.text.value}\n\n${later}`);
      kept.delete(id);
      fresh.value = conversation;
      if (isOpen) router.go(null, "replace");
    });
    if (!isOpen) notices.say("A message was not taken. Its words are in the new chat.");
  }

  const open = computed(() => {
    const { conversationId } = router.route.value;
    return conversationId === null ? fresh.value : untracked(() => find(conversationId));
  });

  /** Nothing can be written here: the address leads nowhere, or to what is not there. */
  const isMissing = computed(() => router.route.value.isUnknown || open.value.status.value === "missing");

  let shown: Conversation | null = null;
  const stopShowing = effect(() => {
    const next = open.value;
    if (next === shown) return;
    untracked(() => {
      shown?.hide();
      shown = next;
      announcement.clear();
      next.show();
    });
  });

  ports.tabs.listen(({ conversationId: id, isGone }) => {
    void conversations.refresh();
    if (isGone) kept.get(id)?.leave();
    else if (open.value.id === id && !open.value.isHeard.value) open.value.look();
  });

  /** Makes a change to one conversation, shown at once and taken back where it is refused. */
  async function change(id: string, patch: PatchRequest): Promise<ConversationItem | null> {
    const item = await conversations.change(id, patch);
    if (item !== null) tell(id);
    return item;
  }

  function look(): void {
    void conversations.refresh();
    open.value.look();
  }

  return {
    session,
    conversations,
    forking,
    notices,
    router,
    open,
    isMissing,
    /** What a screen reader should hear. */
    announcement: announcement.words,
    /** Ends what the app does by itself. */
    dispose: stopShowing,

    /** Reads what is there; the conversation that is open reads itself. */
    start: (): Promise<void> => conversations.refresh(),

    /** A second look at everything that is shown: on coming back to the page. */
    look,

    /** A look every so often; the bell of the open conversation, where it is heard, rings for no other in the list. */
    lookByItself(): void {
      if (!open.value.isHeard.value) return look();
      heardLooks += 1;
      if (heardLooks % LIST_EVERY === 0) void conversations.refresh();
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
      const item = await change(conversation.id, { model });
      conversation.model.value = item === null ? before : item.model;
    },

    async rename(id: string, title: string): Promise<void> {
      const item = await change(id, { title });
      const held = kept.get(id);
      if (item !== null && held !== undefined) held.title.value = item.title;
    },

    async pin(id: string, pinned: boolean): Promise<void> {
      await change(id, { pinned });
    },

    async archive(id: string, archived: boolean): Promise<void> {
      const item = await change(id, { archived });
      if (item === null) return;
      if (archived) notices.say("Moved to the archive.", () => void change(id, { archived: false }));
      else notices.say("Back from the archive.");
    },

    async remove(id: string): Promise<void> {
      removing.add(id);
      const isGone = await conversations.remove(id);
      removing.delete(id);
      if (!isGone) return;
      forgetWriting(id);
      if (open.value.id === id) router.go(null, "replace");
      kept.delete(id);
      tell(id, true);
    },
  };
}

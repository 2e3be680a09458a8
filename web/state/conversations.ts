// The list of conversations: newest first, page by page, with what was begun here at its head before the server's
// list has heard of it; all but the archived, or those alone.

import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { ConversationItem, PatchRequest } from "../../protocol/api.ts";
import { ApiError } from "../api-error.ts";
import type { Api } from "../api.ts";
import type { Notices } from "./notices.ts";
import type { Ports } from "./ports.ts";
import type { Session } from "./session.ts";

/** Pinned ones stand first wherever they are in the list, so pages are read ahead: so many, of so many, so much later. */
const READ_AHEAD = { pages: 4, limit: 100, afterMs: 1_500 };

type Environment = { api: Api; session: Session; notices: Notices; ports: Pick<Ports, "schedule"> };

export function createConversations({ api, session, notices, ports }: Environment) {
  const listed = signal<readonly ConversationItem[] | null>(null);
  /** Begun here, and not in the server's list so far. */
  const begun = signal<readonly ConversationItem[]>([]);
  const nextCursor = signal<string | null>(null);
  const problem = signal<ApiError | null>(null);
  /** Why the next page could not be read; null once it is tried again. */
  const moreProblem = signal<ApiError | null>(null);
  /** Whether the archived ones are shown, in place of the others. */
  const showsArchive = signal(false);
  const gone = new Set<string>();
  let hasReadAhead = false;
  let refreshing: Promise<void> | null = null;
  let loadingMore: Promise<void> | null = null;

  async function readFirst(): Promise<void> {
    try {
      const page = await session.with(() => api.listConversations(null));
      batch(() => {
        const rest = restBehind(listed.value ?? [], page.items);
        if (rest === null) nextCursor.value = page.nextCursor;
        listed.value = [...page.items, ...(rest ?? [])].filter(({ id }) => !gone.has(id));
        const known = new Set(page.items.map(({ id }) => id));
        begun.value = begun.value.filter(({ id }) => !known.has(id));
        problem.value = null;
        moreProblem.value = null;
      });
      readAhead();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.value = error;
    }
  }

  /** Once, when what matters more has been fetched. */
  function readAhead(): void {
    if (hasReadAhead || nextCursor.value === null) return;
    hasReadAhead = true;
    ports.schedule(async () => {
      const isWell = () => problem.value === null && moreProblem.value === null;
      for (let page = 0; page < READ_AHEAD.pages && isWell(); page++) await loadMore(READ_AHEAD.limit);
    }, READ_AHEAD.afterMs);
  }

  function loadMore(limit?: number): Promise<void> {
    if (nextCursor.value === null) return Promise.resolve();
    loadingMore ??= readMore(nextCursor.value, limit).finally(() => (loadingMore = null));
    return loadingMore;
  }

  async function readMore(cursor: string, limit: number | undefined): Promise<void> {
    moreProblem.value = null;
    try {
      const page = await session.with(() => api.listConversations(cursor, limit));
      batch(() => {
        const held = listed.value ?? [];
        const known = new Set(held.map(({ id }) => id));
        listed.value = [...held, ...page.items.filter(({ id }) => !known.has(id) && !gone.has(id))];
        nextCursor.value = page.nextCursor;
      });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      moreProblem.value = error;
    }
  }

  function replace(item: ConversationItem): void {
    const swap = (held: ConversationItem) => (held.id === item.id ? item : held);
    batch(() => {
      listed.value = listed.value?.map(swap) ?? null;
      begun.value = begun.value.map(swap);
    });
  }

  /** Out of the list for good, whatever a page that was read before may say. */
  function forget(id: string): void {
    gone.add(id);
    batch(() => {
      listed.value = listed.value?.filter((item) => item.id !== id) ?? null;
      begun.value = begun.value.filter((item) => item.id !== id);
    });
  }

  const items = computed(() => [...begun.value, ...(listed.value ?? [])]);

  return {
    items,
    /** What is to be shown of it. */
    shown: computed(() => items.value.filter(({ archived }) => archived === showsArchive.value)),
    showsArchive,
    forget,
    isLoaded: computed(() => listed.value !== null),
    hasMore: computed(() => nextCursor.value !== null),
    moreProblem: moreProblem as ReadonlySignal<ApiError | null>,
    problem: problem as ReadonlySignal<ApiError | null>,

    refresh(): Promise<void> {
      refreshing ??= readFirst().finally(() => (refreshing = null));
      return refreshing;
    },

    loadMore: (): Promise<void> => loadMore(),

    /** Something was sent in it just now: it stands first. */
    noteSent(item: ConversationItem): void {
      const held = items.value.find(({ id }) => id === item.id);
      batch(() => {
        const isBegun = listed.value?.every(({ id }) => id !== item.id) ?? true;
        const first = held === undefined ? item : { ...held, updatedAt: item.updatedAt };
        if (isBegun) begun.value = [first, ...begun.value.filter(({ id }) => id !== item.id)];
        else listed.value = [first, ...(listed.value ?? []).filter(({ id }) => id !== item.id)];
      });
    },

    /** The conversation itself has said what it is called now; the server's list may hear of it later. */
    noteTitle(id: string, title: string): void {
      const held = items.value.find((item) => item.id === id);
      if (held !== undefined && held.title !== title) replace({ ...held, title });
    },

    /** Shows the change at once and takes it back if the server refuses it. Null when it was refused. */
    async change(id: string, patch: PatchRequest): Promise<ConversationItem | null> {
      const held = items.value.find((item) => item.id === id);
      if (held !== undefined) {
        const { title = held.title, model = held.model, pinned = held.pinned, archived = held.archived } = patch;
        replace({ ...held, title, model, pinned, archived });
      }
      try {
        const item = await session.with(() => api.changeConversation(id, patch));
        replace(item);
        return item;
      } catch (error) {
        if (held !== undefined) replace(held);
        notices.sayError(error);
        return null;
      }
    },

    /** True when it is gone, from here and from the server. */
    async remove(id: string): Promise<boolean> {
      try {
        await session.with(() => api.deleteConversation(id));
      } catch (error) {
        // Gone already is gone.
        if (!(error instanceof ApiError) || error.status !== 404) {
          notices.sayError(error);
          return false;
        }
      }
      forget(id);
      return true;
    },
  };
}

/** What of `held` comes after the page's last item; null when that is not known, and the page has to stand alone. */
function restBehind(held: readonly ConversationItem[], page: readonly ConversationItem[]): ConversationItem[] | null {
  const at = held.findIndex(({ id }) => id === page.at(-1)?.id);
  if (at === -1) return null;
  const inPage = new Set(page.map(({ id }) => id));
  return held.slice(at + 1).filter(({ id }) => !inPage.has(id));
}

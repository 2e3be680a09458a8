// The tree of a conversation as it is walked here: which branch is shown, switching to another, and fetching what of it
// stands on pages that are not held.

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Message } from "../../protocol/api.ts";
import { ApiError } from "../api-error.ts";
import type { Api } from "../api.ts";
import type { Asked } from "./answering.ts";
import type { Notices } from "./notices.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import type { Session } from "./session.ts";
import { joinOlder, type Thread } from "./thread.ts";
import { branchTo, forksOf, newestLeafBelow, reachesUp, shownBranch, type Version, versionOf } from "./tree.ts";

/** A page for somebody who scrolls up is the server's usual one; one in search of something is as long as may be. */
const SEARCH_LIMIT = 200;

export type Branching = {
  /** What is shown, what was asked for and not taken yet included. */
  readonly branch: ReadonlySignal<readonly Message[]>;
  /** The branch goes on upwards, on pages that are not held. */
  readonly hasOlder: ReadonlySignal<boolean>;
  /** For each message of the branch that is not the only one in its place. */
  readonly versions: ReadonlySignal<ReadonlyMap<string, Version>>;
  /** Why older messages could not be fetched; null once it is tried again. */
  readonly problem: ReadonlySignal<ApiError | null>;
  /** A switch is on its way to the server: what it says of the branch meanwhile is out of date. */
  readonly isStoring: boolean;
  /** Fetches older messages until the branch has grown, or there are no more. */
  loadOlder(): Promise<void>;
  /** Shows the version before (-1) or after (1) this one, as it was left. */
  switchVersion(message: Message, step: -1 | 1): Promise<void>;
};

type Environment = { api: Api; session: Session; notices: Notices };

export function createBranching(
  id: string,
  thread: Signal<Thread>,
  asked: ReadonlySignal<Asked | null>,
  { api, session, notices }: Environment,
): Branching {
  const problem = signal<ApiError | null>(null);
  let loading: Promise<void> | null = null;
  /** The leaf that the server has, as far as is known. */
  let storedLeaf: string | null = null;

  const branch = computed((): readonly Message[] => withAsked(thread.value, asked.value));
  const forks = computed(() => forksOf(thread.value.messages));
  const hasOlder = computed(() => reachesUp(branch.value, thread.value.nextBefore));
  const versions = computed(() => {
    const found = new Map<string, Version>();
    for (const [index, message] of branch.value.entries()) {
      const version = versionOf(forks.value, message, index > 0, thread.value.nextBefore !== null);
      if (version !== null) found.set(message.id, version);
    }
    return found;
  });

  /** One page of older messages; false when that cannot be. */
  async function readOlder(limit: number | undefined): Promise<boolean> {
    const before = thread.value.nextBefore;
    if (before === null) return false;
    const page = await session.with(() => api.readConversation(id, { before, ...(limit !== undefined && { limit }) }));
    // A page that came meanwhile may have replaced all that this one continues.
    if (page === null || thread.value.nextBefore !== before) return false;
    thread.value = joinOlder(thread.value, page);
    return true;
  }

  async function readUntil(isEnough: () => boolean, first: number | undefined): Promise<void> {
    for (let limit = first; !isEnough() && (await readOlder(limit));) limit = SEARCH_LIMIT;
  }

  async function readUpwards(): Promise<void> {
    const { length } = branch.value;
    problem.value = null;
    try {
      const isEnough = () => branch.value.length > length || !hasOlder.value;
      await readUntil(isEnough, length === 0 ? SEARCH_LIMIT : undefined);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.value = error;
    }
  }

  function loadOlder(): Promise<void> {
    loading ??= readUpwards().finally(() => (loading = null));
    return loading;
  }

  function show(leafId: string): void {
    if (leafId === thread.value.leafId) return;
    if (storing.current === null) storedLeaf = thread.value.leafId;
    thread.value = { ...thread.value, leafId };
    void storing.ask(leafId);
  }

  const storing = oneAtATime(async (activeLeafId: string) => {
    try {
      await session.with(() => api.changeConversation(id, { activeLeafId }));
      storedLeaf = activeLeafId;
      // A message that was taken meanwhile has moved the leaf on, and this may have moved it back.
      const { leafId } = thread.value;
      if (leafId !== null && leafId !== activeLeafId) void storing.ask(leafId);
    } catch (error) {
      notices.sayError(error);
      // What is stored is shown again; unless somebody has gone on from here.
      const isStill = !storing.hasNext && thread.value.leafId === activeLeafId;
      if (isStill) thread.value = { ...thread.value, leafId: storedLeaf };
    }
  });

  return {
    branch,
    hasOlder,
    versions,
    problem,
    loadOlder,
    get isStoring() {
      return storing.current !== null;
    },
    async switchVersion(message, step) {
      const siblings = () => forks.value.get(message.parentId) ?? [];
      const at = () => siblings().findIndex((sibling) => sibling.id === message.id);
      try {
        // The first of all stands on the oldest page.
        if (step < 0 && at() === 0) await readUntil(() => at() > 0, SEARCH_LIMIT);
      } catch (error) {
        notices.sayError(error);
      }
      const next = siblings()[at() + step];
      if (next !== undefined) show(newestLeafBelow(thread.value.messages, next.id));
    },
  };
}

/** What was asked for stands where it will be, before the server has said so. */
function withAsked(thread: Thread, asked: Asked | null): Message[] {
  if (asked === null || asked.kind === "continue") return shownBranch(thread);
  if (asked.kind === "send") {
    const { parentId } = asked.request;
    return parentId === undefined ? shownBranch(thread) : branchTo(thread.messages, parentId);
  }
  const { request, target } = asked;
  const { parentId, seq, model = "", createdAt } = target;
  const coming: Message = {
    id: request.id,
    parentId,
    seq,
    role: "assistant",
    text: "",
    state: "queued",
    model,
    generationId: request.id,
    createdAt,
  };
  return [...branchTo(thread.messages, parentId), coming];
}

// The messages of a conversation as the tree that they are: the branch that is shown, what stands beside each of its
// messages, and where a branch goes on. Pure.

import type { Message } from "../../protocol/api.ts";
import type { Thread } from "./thread.ts";

/** The children of each message, oldest first; under null stand the roots. */
export type Forks = ReadonlyMap<string | null, readonly Message[]>;

/** One message among those that stand in the same place. */
export type Version = {
  /** From 1. */
  number: number;
  count: number;
  /** Older ones may stand on pages that are not held: the two figures are not to be believed. */
  isPartial: boolean;
};

export function forksOf(messages: readonly Message[]): Forks {
  const forks = new Map<string | null, Message[]>();
  for (const message of messages) {
    const held = forks.get(message.parentId);
    if (held === undefined) forks.set(message.parentId, [message]);
    else held.push(message);
  }
  return forks;
}

/** The branch that ends in `leafId`, from the oldest message held; none for null or for a message that is not held. */
export function branchTo(messages: readonly Message[], leafId: string | null): Message[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const branch: Message[] = [];
  let message = leafId === null ? undefined : byId.get(leafId);
  while (message !== undefined && branch.length < messages.length) {
    branch.push(message);
    message = message.parentId === null ? undefined : byId.get(message.parentId);
  }
  return branch.reverse();
}

/** The branch of the active leaf. Without a leaf the newest; while the leaf may stand on an older page, none yet. */
export function shownBranch({ messages, leafId, nextBefore }: Thread): Message[] {
  const branch = branchTo(messages, leafId);
  if (branch.length > 0 || (leafId !== null && nextBefore !== null)) return branch;
  return branchTo(messages, messages.at(-1)?.id ?? null);
}

/** Whether the branch goes on upwards, on pages that are not held. */
export function reachesUp(branch: readonly Message[], nextBefore: number | null): boolean {
  return nextBefore !== null && branch[0]?.parentId !== null;
}

/**
 * Which version of its place a message is. Null where it is the only one, or where the one above it is not held, which
 * tells nothing about older ones until that is.
 */
export function versionOf(forks: Forks, message: Message, isParentHeld: boolean, hasOlder: boolean): Version | null {
  const siblings = forks.get(message.parentId) ?? [];
  const isRoot = message.parentId === null;
  if (!isRoot && !isParentHeld) return null;
  // The first message of all is a root: while older pages are missing, so is at least that one.
  const isPartial = isRoot && hasOlder;
  const index = siblings.findIndex(({ id }) => id === message.id);
  // One that was asked for and not taken yet will be the newest.
  const count = index === -1 ? siblings.length + 1 : siblings.length;
  if (count < 2 && !isPartial) return null;
  return { number: index === -1 ? count : index + 1, count, isPartial };
}

/** Where a branch goes on that is entered at `id`: its newest message, which is a leaf, since children come later. */
export function newestLeafBelow(messages: readonly Message[], id: string): string {
  const below = new Set([id]);
  let newest = id;
  for (const message of messages) {
    if (message.parentId === null || !below.has(message.parentId)) continue;
    below.add(message.id);
    newest = message.id;
  }
  return newest;
}

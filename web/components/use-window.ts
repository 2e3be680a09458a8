// Which messages of a long branch are on the page: the last few, and by the page those above, as their reader goes up.
// In groups that keep their messages, so that a browser can leave out a whole group that is out of sight.

import { useRef, useState } from "preact/hooks";
import type { Message } from "../../protocol/api.ts";

/** Drawn in one go: more would hold up a page on which an answer is being written. */
const STEP = 8;
/** Groups that stay when the reader is at the end, where those above are not missed. */
const KEPT_GROUPS = 4;
/** Taken away in one go, for the same reason. */
const TRIM_GROUPS = 16;

type Group = { key: string; messages: readonly Message[] };

type Window = {
  groups: readonly Group[];
  /** Some that are held stand above. */
  hasMore: boolean;
  grow: () => void;
  /** The reader is at the end: the last few are enough. Takes a part of the others away. */
  trim: () => void;
  /** All that is held, for as long as it is printed; then what was there before. */
  drawAll: (isWhole: boolean) => void;
  /** More of them are to be taken away. */
  isTrimming: boolean;
};

/** A place in the branch, by what stands above it: a switch to another version leaves it the same. */
type Place = string | null;

export function useWindow(branch: readonly Message[]): Window {
  /** Where groups begin, from the top. */
  const places = useRef<readonly Place[]>([]);
  /** The last message that was drawn. */
  const last = useRef<string | null>(null);
  const isTrimming = useRef(false);
  const [isWhole, drawAll] = useState(false);
  const [, redraw] = useState(0);

  const placeAt = (index: number): Place => branch[Math.max(0, index)]?.parentId ?? null;
  const indexOf = (place: Place) => branch.findIndex(({ parentId }) => parentId === place);
  let starts = places.current.map(indexOf).filter((index) => index !== -1);
  if (starts.length === 0 && branch.length > 0) starts = [Math.max(0, branch.length - STEP)];
  // What has come in since begins a new group, where the last is full: no message moves from one to another.
  const fresh = branch.findIndex(({ id }) => id === last.current) + 1;
  if (fresh > 0 && fresh < branch.length && fresh - (starts.at(-1) ?? 0) >= STEP) starts.push(fresh);
  places.current = starts.map(placeAt);
  last.current = branch.at(-1)?.id ?? null;

  const begin = (next: readonly Place[]) => {
    places.current = next;
    redraw((count) => count + 1);
  };
  const [start = 0] = starts;
  const above = isWhole ? Array.from({ length: Math.ceil(start / STEP) }, (_, index) => index * STEP) : [];
  const drawn = [...above, ...starts];
  return {
    groups: drawn.map((from, index) => ({
      key: placeAt(from) ?? "root",
      messages: branch.slice(from, drawn[index + 1]),
    })),
    hasMore: start > 0 && !isWhole,
    drawAll,
    grow() {
      isTrimming.current = false;
      begin([placeAt(start - STEP), ...places.current]);
    },
    trim() {
      const { length } = places.current;
      // Not begun for the sake of a few.
      if (length <= (isTrimming.current ? KEPT_GROUPS : 2 * KEPT_GROUPS)) return;
      const left = Math.max(KEPT_GROUPS, length - TRIM_GROUPS);
      isTrimming.current = left > KEPT_GROUPS;
      begin(places.current.slice(-left));
    },
    isTrimming: isTrimming.current,
  };
}

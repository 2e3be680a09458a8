// Which revisions need not be read, because this page knows what has moved them: an answer that it follows moves the
// revision when it is taken, when its first word comes and when it ends, and the stream has told all of that.

import type { Live } from "../../protocol/api.ts";
import type { Ring } from "./bell.ts";

/** Being taken, and saying its first word. */
const STEPS = 2;

export type Revisions = {
  /** What is held is what stood there at this revision; null: at none that is known. */
  readonly known: number | null;
  /** A snapshot was read, with this answer under way in it. */
  read(rev: number, live: Live | null): void;
  forget(): void;
  /** Whether there is something to be read. `followedId`: the generation whose stream is being read here. */
  isNews(ring: Ring, followedId: string | null): boolean;
};

export function createRevisions(): Revisions {
  let known: number | null = null;
  /** The answer under way, and how often it will still move the revision before its end. */
  let own: { id: string; steps: number } | null = null;

  /** By one, and for a reason that the stream tells: anything more is somebody else's doing. */
  function isOwn({ live }: Ring, followedId: string | null): boolean {
    if (live === null) {
      const isEnd = own !== null;
      own = null;
      return isEnd;
    }
    if (live !== followedId) return false;
    if (own?.id !== live) own = { id: live, steps: STEPS };
    own.steps -= 1;
    return own.steps >= 0;
  }

  return {
    get known() {
      return known;
    },
    read(rev, live) {
      known = rev;
      own = live && { id: live.generationId, steps: live.state === "queued" ? 1 : 0 };
    },
    forget() {
      known = null;
      own = null;
    },
    isNews(ring, followedId) {
      if (ring.rev === known) return false;
      const isExplained = known !== null && ring.rev === known + 1 && isOwn(ring, followedId);
      if (isExplained) known = ring.rev;
      return !isExplained;
    },
  };
}

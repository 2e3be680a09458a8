// The bell of one conversation: a WebSocket that says when something has changed there, and no text. Kept open over any
// number of cuts; where WebSockets do not get through it keeps trying, ever more seldom, and nothing else depends on it.

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Ports, Socket } from "./ports.ts";

/** `live`: the generation that is being written, if one is. A conversation that was deleted rings no more, it is gone. */
export type Ring = { rev: number; live: string | null };

export type Bell = {
  /** It would ring: nobody has to look. */
  readonly isHeard: ReadonlySignal<boolean>;
  open(): void;
  close(): void;
  /** The network is back, or somebody looks at the page: a wait is over, and a line that looks open has to prove it. */
  nudge(): void;
};

/** `onGone`: the conversation was deleted, and the bell is closed for good. */
export type BellOutcomes = { onRing(ring: Ring): void; onGone(): void };

/** The server's platform answers without waking anybody. */
const PING_MS = 30_000;
/** A line on which nothing has come for this long after it was dialled or asked is dead. */
const ANSWER_MS = 10_000;
const FIRST_WAIT_MS = 250;
/** A deploy hangs up on every idle tab at once: they come back spread over this long, not all in one moment. */
const SPREAD_MS = 5_000;
/** As often as a page without a bell looks by itself. */
const LONGEST_WAIT_MS = 30_000;
const DELETED_CODE = 4404;

export function createBell(
  conversationId: string,
  { connect, schedule, random }: Pick<Ports, "connect" | "schedule" | "random">,
  outcomes: BellOutcomes,
): Bell {
  const isHeard = signal(false);
  let isWanted = false;
  let socket: Socket | null = null;
  /** Lines in a row on which nothing was heard. */
  let tries = 0;
  /** Asked for a sign of life that has not come yet. */
  let isProving = false;
  let cancelTimer = () => {};

  function after(ms: number, run: () => void): void {
    cancelTimer();
    cancelTimer = schedule(run, ms);
  }

  function dial(): void {
    hangUp();
    // What a line says after it was given up is nobody's business any more.
    const ifCurrent =
      <T extends unknown[]>(run: (...args: T) => void) =>
      (...args: T) => {
        if (line === socket) run(...args);
      };
    const line = connect(`/api/conversations/${conversationId}/bell`, {
      onText: ifCurrent(hear),
      onClose: ifCurrent((code) => (code === DELETED_CODE ? end() : lose())),
    });
    socket = line;
    after(ANSWER_MS, lose);
  }

  function hear(text: string): void {
    tries = 0;
    isProving = false;
    isHeard.value = true;
    after(PING_MS, ping);
    const ring = parseRing(text);
    if (ring === "deleted") end();
    else if (ring !== null) outcomes.onRing(ring);
  }

  function ping(): void {
    isProving = true;
    socket?.send("ping");
    after(ANSWER_MS, lose);
  }

  function lose(): void {
    const longest = isHeard.value ? SPREAD_MS : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
    hangUp();
    const wait = random() * longest;
    tries += 1;
    after(wait, dial);
  }

  function hangUp(): void {
    const line = socket;
    socket = null;
    cancelTimer();
    isProving = false;
    isHeard.value = false;
    line?.close();
  }

  function end(): void {
    isWanted = false;
    hangUp();
    outcomes.onGone();
  }

  return {
    isHeard,
    open() {
      if (isWanted) return;
      isWanted = true;
      tries = 0;
      dial();
    },
    close() {
      isWanted = false;
      hangUp();
    },
    nudge() {
      if (!isWanted) return;
      if (isHeard.value && !isProving) ping();
      else if (socket === null) dial();
    },
  };
}

/** Null for `pong`, and for whatever else a later server may say. */
function parseRing(text: string): Ring | "deleted" | null {
  if (!text.startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("rev" in value) || typeof value.rev !== "number") return null;
    if ("deleted" in value && value.deleted === true) return "deleted";
    const live = "live" in value && typeof value.live === "string" ? value.live : null;
    return { rev: value.rev, live };
  } catch {
    return null;
  }
}

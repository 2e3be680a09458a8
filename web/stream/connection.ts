// When a reader connects, waits, gives up or is done: protocol/PROTOCOL.md, "A reader is exact", as a pure function.
// It neither fetches nor sleeps; resumable-stream.ts does what the effects say and reports back what came of it.

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;
/** A send whose fate is unknown is repeated this often; then the person is told, and decides. About eight seconds. */
const SEND_TRIES = 6;
/** Asked to wait longer than this before a message is even taken, a person would rather be told than left waiting. */
const LONGEST_SEND_WAIT_MS = 10_000;

/**
 * `exact`: the end came and everything before it is held. `stale`: what is held may be wrong; only a snapshot tells.
 * `refused`: a send was not taken. `left`: the reader went away by itself.
 */
export type Ending = "exact" | "stale" | "refused" | "left";

type Progress = {
  /** Connections in a row that brought no frame. */
  tries: number;
  /** The connection is a send that has not been answered by a frame yet. */
  isSend: boolean;
};

export type Connection =
  | ({ phase: "connecting" } & Progress)
  | ({ phase: "streaming" } & Progress)
  /** `isTold`: the server named the time, so nothing may shorten it. */
  | ({ phase: "waiting"; isTold: boolean } & Progress)
  | { phase: "ended"; ending: Ending };

export type Input =
  | { type: "opened" }
  | { type: "frame" }
  /** The line broke, fell silent, ran dry without an end, or brought a frame beyond what is held. */
  | { type: "cut" }
  | { type: "refused"; status: number; retryAfterMs: number | null }
  | { type: "ended"; isExact: boolean }
  | { type: "waited" }
  /** The device is online again, or somebody looks at the page again. */
  | { type: "nudged" }
  | { type: "left" };

/** `drain`: nothing more is wanted, but the server closes the line itself, which leaves it fit for the next request. */
export type Effect = { type: "connect" } | { type: "disconnect" } | { type: "drain" } | { type: "wait"; ms: number };

export type Step = { state: Connection; effects: Effect[] };

export function connect(isSend: boolean): Step {
  return { state: { phase: "connecting", tries: 0, isSend }, effects: [{ type: "connect" }] };
}

/** `random` in [0, 1) is the jitter of a wait, should one begin. */
export function step(state: Connection, input: Input, random: number): Step {
  if (state.phase === "ended") return { state, effects: [] };
  switch (input.type) {
    case "opened":
      return state.phase === "connecting" ? { state: { ...state, phase: "streaming" }, effects: [] } : stay(state);
    case "frame":
      if (state.phase !== "streaming" || (state.tries === 0 && !state.isSend)) return stay(state);
      return { state: { phase: "streaming", tries: 0, isSend: false }, effects: [] };
    case "cut":
      if (state.phase === "waiting") return stay(state);
      if (state.isSend && state.tries + 1 >= SEND_TRIES) return end("refused");
      return wait(state, backoffMs(state, random), false);
    case "refused":
      return refused(state, input.status, input.retryAfterMs, random);
    case "ended":
      return { state: { phase: "ended", ending: input.isExact ? "exact" : "stale" }, effects: [{ type: "drain" }] };
    case "waited":
      return state.phase === "waiting" ? reconnect(state) : stay(state);
    case "nudged":
      return state.phase === "waiting" && !state.isTold ? reconnect(state) : stay(state);
    case "left":
      return end("left");
  }
}

function refused(state: Connection & Progress, status: number, retryAfterMs: number | null, random: number): Step {
  const mayPass = status === 429 || status >= 500;
  // Repeating what was refused for what it says changes nothing; for a reader only the snapshot tells what is true.
  if (!mayPass) return end(state.isSend ? "refused" : "stale");
  // A limit on sending is for a person to know about; a reader of an answer that is on its way just waits.
  if (state.isSend && (status === 429 || (retryAfterMs ?? 0) > LONGEST_SEND_WAIT_MS)) return end("refused");
  if (retryAfterMs === null) return step(state, { type: "cut" }, random);
  if (state.isSend && state.tries + 1 >= SEND_TRIES) return end("refused");
  // A server that says "at once", again and again, does not mean as fast as the line allows.
  return wait(state, Math.max(retryAfterMs, backoffMs(state, random)), retryAfterMs > 0);
}

function backoffMs({ tries }: Progress, random: number): number {
  return random * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
}

function wait({ tries, isSend }: Progress, ms: number, isTold: boolean): Step {
  return {
    state: { phase: "waiting", tries: tries + 1, isSend, isTold },
    effects: [{ type: "disconnect" }, { type: "wait", ms }],
  };
}

function reconnect({ tries, isSend }: Progress): Step {
  return { state: { phase: "connecting", tries, isSend }, effects: [{ type: "connect" }] };
}

function end(ending: Ending): Step {
  return { state: { phase: "ended", ending }, effects: [{ type: "disconnect" }] };
}

function stay(state: Connection): Step {
  return { state, effects: [] };
}

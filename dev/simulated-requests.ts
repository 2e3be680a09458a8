// What the simulated model remembers of the requests it saw, for tests that ask "how often, and until when?".
// The counts are exact for ever; of the requests themselves the last thousand are kept.

/** Times are milliseconds since 1970. `outcome`: how the answer ended, and `aborted` only where the client left first. */
export type SimulatedRequest = {
  at: number;
  model: string;
  stream: boolean;
  messages: number;
  lastUserText: string; // its first 4,000 UTF-16 units
  tokensSent: number; // reasoning included
  outcome: "live" | "completed" | "aborted" | "faulted" | "refused";
  closedAt?: number;
};

export type SimulatedStats = {
  requests: number;
  live: number;
  completed: number;
  aborted: number;
  faulted: number; // the scenario's fault struck
  refused: number; // answered with a 4xx by the rules of the API
};

export type RequestLog = {
  open(request: Pick<SimulatedRequest, "model" | "stream" | "messages" | "lastUserText">): SimulatedRequest;
  /** Only the first end of a request counts. */
  settle(request: SimulatedRequest, outcome: "completed" | "aborted" | "faulted" | "refused"): void;
  stats(): SimulatedStats;
  recent(): readonly SimulatedRequest[];
};

const KEPT = 1_000;
const KEPT_TEXT = 4_000;

export function createRequestLog(now: () => number = Date.now): RequestLog {
  const stats: SimulatedStats = { requests: 0, live: 0, completed: 0, aborted: 0, faulted: 0, refused: 0 };
  let recent: SimulatedRequest[] = [];
  return {
    open({ model, stream, messages, lastUserText }) {
      const request: SimulatedRequest = {
        at: now(),
        model: model.slice(0, 200),
        stream,
        messages,
        lastUserText: lastUserText.slice(0, KEPT_TEXT),
        tokensSent: 0,
        outcome: "live",
      };
      stats.requests++;
      stats.live++;
      recent.push(request);
      if (recent.length >= KEPT * 2) recent = recent.slice(-KEPT); // Seldom, so that it costs nothing per request.
      return request;
    },
    settle(request, outcome) {
      if (request.outcome !== "live") return;
      request.outcome = outcome;
      request.closedAt = now();
      stats.live--;
      stats[outcome]++;
    },
    stats: () => ({ ...stats }),
    recent: () => recent.slice(-KEPT),
  };
}

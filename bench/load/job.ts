// What the load process is told to do, and what it says came of it. Plain data: it crosses between processes.

import { parseScenario } from "../../dev/simulated-scenario.ts";
import { sum } from "../statistics.ts";

/** How an answer is written on its line: as a model's, or as Brink's stream. */
export type Format = "openai" | "brink";

export type StreamRequest = {
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body?: string;
  format: Format;
  /** The name of the simulated model that answers: it says what the text must be. */
  model: string;
  /** The model is a real one, whose text nobody knows: it must be the text stored in the conversation at this URL. */
  storedAt?: string;
  /** The answer must say so of itself: `cached` in Brink's first frame. */
  isCached?: boolean;
  /** Cut the line at `atMs` of the job, and at `resumeAtMs` go on at `url` from the last cursor that came. */
  cut?: { atMs: number; resumeAtMs: number; url: string };
};

export type Job = {
  requests: StreamRequest[];
  /** Requests leave evenly spread over this time; 0: all at once. */
  windowMs: number;
  /** Each request waits for the end of the one before it; then there is no window. */
  isSequential: boolean;
  /** A page that costs its server nothing: asked first, so that lines stand and the way there and back is known. */
  warmUrl?: string;
};

export type JobResult = {
  results: StreamResult[];
  /** Median of a bare request and answer to `warmUrl` over a line that stands. */
  roundTripMs: number | null;
  /** From the first request to the last stream's end. */
  seconds: number;
  /** What this load took of its own process in that time. */
  cpuSeconds: number;
};

/** Times are milliseconds since the epoch, so that another process can lay its own beside them. */
export type StreamResult = {
  sentAt: number;
  /** When the first text came; null when none did. After a cut: the first that was missing, and `sentAt` the second call. */
  firstAt: number | null;
  endedAt: number;
  /** Milliseconds from each moment in which text came to the next. */
  gaps: readonly number[];
  tokens: number;
  /** Null: ended well, and the text is the model's own, character by character. */
  failure: string | null;
};

/** When each of `count` requests leaves, in milliseconds from the job's start. */
export function arrivals(count: number, windowMs: number): number[] {
  return Array.from({ length: count }, (_, index) => (index * windowMs) / count);
}

const LATE_MS = 60_000; // What has not ended so long after it should have never will, and is a failure.
const REAL_ANSWER_MS = 14 * 60_000; // Of a model that says nothing of itself: Brink lets none go on for longer.

/** How long a job may take at most. A stuck stream would otherwise hold the bench for ever. */
export function deadlineMs({ requests, windowMs, isSequential }: Job): number {
  const lengths = requests.map(({ model, storedAt, cut }) =>
    Math.max(storedAt === undefined ? answerMs(model) : REAL_ANSWER_MS, cut?.resumeAtMs ?? 0),
  );
  return windowMs + (isSequential ? sum(lengths) : lengths.reduce((most, ms) => Math.max(most, ms), 0)) + LATE_MS;
}

/** Of the simulated model, by what its name says. */
export function answerMs(model: string): number {
  const parsed = parseScenario(model);
  if (!parsed.ok) return REAL_ANSWER_MS;
  const { firstMs, tokensPerSecond, tokens } = parsed.scenario;
  return firstMs + (tokensPerSecond === 0 ? 0 : (tokens / tokensPerSecond) * 1_000);
}

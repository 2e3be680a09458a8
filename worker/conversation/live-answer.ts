// The answer that is being written: feeds the core's machine with what the provider, the clock and people say, and runs
// its effects. One loop from the provider's events to the log, awaited by no request.

import { MAX_ANSWER_LENGTH } from "../../protocol/api.ts";
import { endings } from "../../protocol/errors.ts";
import { appendEntry, type EndFrame, type LogEntry } from "../../protocol/events.ts";
import { FLUSH_MS, type Growth, shouldFlush } from "../core/flush.ts";
import { type Effect, type Generation, type Input, isLive, step } from "../core/generation.ts";
import { type Held, letGo, takeIn } from "../core/intake.ts";
import type { LlmEvent } from "../llm/provider.ts";
import { placeOf } from "../telemetry/log.ts";
import type { AnswerLog } from "./answer-log.ts";
import { answerBegan, answerEnded } from "./load.ts";
import type { Timers } from "./timers.ts";

const TICK_MS = FLUSH_MS; // What is shown is stored at each tick, and deadlines are judged.
const BEAT_MS = 10_000; // A line silent for this long is shown to be alive; clients give up at 30 s.
const REASONING_PART = 1;
/** The most runs and ops that a log has: each is a row of its own, a frame, and a node in memory. */
export const MAX_RUNS = 10_000;

export type ProviderCall = { batches: AsyncIterator<LlmEvent[]>; abort(): void };

/** What an answer needs of the conversation it belongs to. All but `call` is synchronous and in one turn. */
export type Host = Timers & {
  now(): number;
  call(): ProviderCall;
  /** Stores what the message's log has grown by. False, and nothing stored: this attempt is stale. */
  flush(attempt: number, growth: Growth): boolean;
  /** Stores a new attempt before its provider is called. False: a later writer has been here, so this one is stale. */
  fence(from: number, generation: Generation): boolean;
  /** Stores how it ended and what it said last. Returns its price. Called once. False in `isCurrent`: this writer was stale. */
  finish(from: number, generation: Generation, growth: Growth): { isCurrent: boolean; costUsd: number | null };
  /** Settles when all that was written is stored for good; fails with the storage. */
  stored(): Promise<void>;
  /** A later life has taken over: ends this one and its readers' lines, without an `end`. */
  giveWay(): void;
  /** The state changed from queued to streaming. */
  spoke(): void;
  log(event: string, fields: Record<string, string | number | boolean | null>): void;
};

export class LiveAnswer {
  readonly log: AnswerLog;
  #generation: Generation;
  readonly #host: Host;
  #call: ProviderCall | null = null;
  #stopTicker: (() => void) | null = null;
  #cancelRetry: (() => void) | null = null;
  #held: { kind: "answer" | "reasoning"; half: Held } = { kind: "answer", half: "" };
  #hasReasoning: boolean;
  #isFull = false;
  #pending: LogEntry[] = [];
  #flushed: number;
  #hasFlushed = false;
  #quietSince: number;

  constructor(generation: Generation, log: AnswerLog, host: Host) {
    this.#generation = generation;
    this.log = log;
    this.#host = host;
    this.#flushed = log.length;
    this.#quietSince = host.now();
    this.#hasReasoning = log.entries.some((entry) => "op" in entry);
  }

  get generation(): Generation {
    return this.#generation;
  }

  /** Begins to listen to a provider that was called already. */
  start(call: ProviderCall): void {
    this.#startTicking();
    this.#listen(call);
  }

  /** Feeds the machine and runs what it says, all in this turn. */
  dispatch(input: Input): void {
    const from = this.#generation.attempt;
    const wasQueued = this.#generation.state === "queued";
    const { state, effects } = step(this.#generation, input, this.#host.now());
    this.#generation = state;
    for (const effect of effects) this.#run(effect, from);
    if (wasQueued && state.state === "streaming") this.#host.spoke();
  }

  #run(effect: Effect, from: number): void {
    switch (effect.type) {
      case "abortProvider":
        this.#call?.abort();
        this.#call = null;
        this.#cancelRetry?.();
        return;
      case "reset":
        this.#pending = [];
        this.#flushed = effect.keep;
        this.#hasFlushed = false;
        this.#held = { kind: "answer", half: "" };
        if (isLive(this.#generation.state) && !this.#host.fence(from, this.#generation)) return this.#giveWay();
        this.log.reset(effect.attempt, effect.keep);
        this.#hasReasoning = this.log.entries.some((entry) => "op" in entry);
        return;
      case "callProvider":
        if (!this.#isCurrent(effect.attempt)) return; // The fence above it was refused.
        this.#startTicking();
        this.#cancelRetry = this.#host.after(effect.delayMs, () => {
          if (this.#isCurrent(effect.attempt)) this.#listen(this.#host.call());
        });
        return;
      case "end":
        return this.#end(from);
    }
  }

  #end(from: number): void {
    this.#stopTicking();
    const { isCurrent, costUsd } = this.#host.finish(from, this.#generation, this.#takePending());
    if (!isCurrent) return this.#giveWay();
    const frame = endFrameOf(this.#generation, costUsd);
    // No gate holds a stream back, and an end is final: who was told of one that a crash took back would never ask again.
    void this.#host.stored().then(
      () => this.log.end(frame),
      () => undefined,
    );
  }

  /** A later life of this conversation has taken over, and knows the end: this one says and writes nothing more. */
  #giveWay(): void {
    this.#stopTicking();
    this.#call?.abort();
    this.#generation = { ...this.#generation, state: "interrupted", error: "crashed" };
    this.#host.log("stale_writer", { generationId: this.#generation.id });
    this.#host.giveWay();
  }

  #listen(call: ProviderCall): void {
    this.#call = call;
    const { attempt } = this.#generation;
    const { batches } = call;
    const hear = () => void batches.next().then(take).catch(fail);
    // No async loop: that would keep a batch until the next one is there.
    const take = ({ done, value }: IteratorResult<LlmEvent[]>): void => {
      if (done === true) {
        return this.dispatch({ type: "providerFailed", attempt, code: "provider_truncated", retryable: true });
      }
      // Stopped, deleted or fenced while it waited: what came late is not shown.
      if (this.#isCurrent(attempt)) this.#take(value, attempt);
      if (this.#isCurrent(attempt)) hear();
      else batches.return?.().catch(() => undefined);
    };
    const fail = (error: unknown): void => {
      // Not a provider's failure, which is an event, but a bug of ours: said as one, and the text is kept.
      this.#host.log("bug", { generationId: this.#generation.id, error: placeOf(error) });
      this.dispatch({ type: "providerFailed", attempt, code: "internal", retryable: false });
    };
    hear();
  }

  #isCurrent(attempt: number): boolean {
    return this.#generation.attempt === attempt && isLive(this.#generation.state);
  }

  #take(batch: readonly LlmEvent[], attempt: number): void {
    const before = this.log.length;
    for (const event of batch) {
      if (event.type === "text") this.#takeText(event.kind, event.text);
      else this.#takeNews(event, attempt, before);
      if (!this.#isCurrent(attempt)) return;
    }
    this.#noteGrowth(attempt, before);
  }

  #takeNews(event: Exclude<LlmEvent, { type: "text" }>, attempt: number, before: number): void {
    switch (event.type) {
      case "heard":
        return this.dispatch({ type: "heard", attempt });
      case "finishReason":
        return this.dispatch({ type: "finishReason", attempt, reason: event.reason });
      case "usage":
        return this.dispatch({ type: "usage", attempt, usage: event.usage });
      case "ended":
        this.#letGo();
        this.#noteGrowth(attempt, before, false); // What is due goes with the end.
        this.#call = null; // It ended by itself and may close its line in peace: there is nothing left to abort.
        return this.dispatch({ type: "providerEnded", attempt });
      case "failed": {
        this.#letGo();
        this.#noteGrowth(attempt, before);
        const { code, retryable, retryAfterMs } = event;
        const after = retryAfterMs === undefined ? {} : { retryAfterMs };
        return this.dispatch({ type: "providerFailed", attempt, code, retryable, ...after });
      }
      case "cache":
        return;
    }
  }

  #takeText(kind: "answer" | "reasoning", chunk: string): void {
    if (this.#held.kind !== kind) this.#letGo();
    const { text, held } = takeIn(this.#held.half, chunk);
    this.#held = { kind, half: held };
    this.#append(kind, text);
  }

  #letGo(): void {
    const { kind, half } = this.#held;
    this.#held = { kind, half: "" };
    this.#append(kind, letGo(half));
  }

  #append(kind: "answer" | "reasoning", text: string): void {
    // Once full, nothing more fits, however short: it would stand where something else is missing.
    if (text === "" || this.#isFull) return;
    const opensPart = kind === "reasoning" && !this.#hasReasoning;
    const part = kind === "answer" ? 0 : REASONING_PART;
    const room = this.#mayGoOn(part) ? MAX_ANSWER_LENGTH - this.log.length - (opensPart ? 1 : 0) : 0;
    this.#isFull = text.length > room;
    if (room <= 0) return;
    if (opensPart) {
      this.#hasReasoning = true;
      this.#add({ op: { type: "part", part: REASONING_PART, kind: "reasoning" } });
    }
    // Cut between code points: the log never ends between the halves of a pair.
    const whole = this.#isFull ? takeIn("", text.slice(0, room)).text : text;
    this.#add({ part, text: whole });
  }

  /** Whether the log has room for a run more, or this part's is the last. */
  #mayGoOn(part: number): boolean {
    const { entries } = this.log;
    if (entries.length < MAX_RUNS) return true;
    const last = entries.at(-1);
    return last !== undefined && "text" in last && last.part === part;
  }

  #add(entry: LogEntry): void {
    if ("text" in entry && entry.text === "") return;
    this.log.append(entry);
    appendEntry(this.#pending, entry);
  }

  #noteGrowth(attempt: number, before: number, mayFlush = true): void {
    const { length } = this.log;
    if (length !== before && length !== this.#generation.length) {
      this.#quietSince = this.#host.now();
      this.dispatch({ type: "appended", attempt, length });
    } else {
      // Half a pair shows nothing yet, and is a sign of life all the same.
      this.dispatch({ type: "heard", attempt });
    }
    if (this.#isFull) this.dispatch({ type: "logFull", attempt });
    else if (mayFlush) this.#flushIfDue();
  }

  #flushIfDue(): void {
    const pendingLength = this.log.length - this.#flushed;
    if (shouldFlush({ pendingLength, storedLength: this.#flushed, hasFlushed: this.#hasFlushed })) this.#flush();
  }

  #flush(): void {
    if (!this.#store()) this.#giveWay();
  }

  /** Stores what is shown and not stored; false when a later life does that now. */
  #store(): boolean {
    if (this.#pending.length === 0) return true;
    this.#hasFlushed = true;
    return this.#host.flush(this.#generation.attempt, this.#takePending());
  }

  #takePending(): Growth {
    const growth = { offset: this.#flushed, entries: this.#pending };
    this.#pending = [];
    this.#flushed = this.log.length;
    return growth;
  }

  #startTicking(): void {
    if (this.#stopTicker !== null) return;
    answerBegan();
    this.#stopTicker = this.#host.every(TICK_MS, () => {
      const now = this.#host.now();
      if (now - this.#quietSince >= BEAT_MS) {
        this.#quietSince = now;
        this.log.beat();
      }
      if (this.#pending.length > 0) this.#flush();
      this.dispatch({ type: "tick" });
    });
  }

  #stopTicking(): void {
    if (this.#stopTicker !== null) {
      this.#stopTicker();
      answerEnded();
    }
    this.#cancelRetry?.();
    this.#stopTicker = null;
    this.#cancelRetry = null;
  }
}

/** The one last frame of a generation, the same for every reader, live or years later. */
export function endFrameOf(generation: Generation, costUsd: number | null): EndFrame {
  const { state, length, finishReason, usage, error } = generation;
  if (isLive(state)) throw new Error(`a generation in state ${state} has no end frame`);
  return {
    state,
    length,
    ...(finishReason !== null && { finishReason }),
    ...(usage !== null && { usage }),
    ...(costUsd !== null && { costUsd }),
    ...(error !== null && { error: { code: error, detail: endings[error] } }),
  };
}

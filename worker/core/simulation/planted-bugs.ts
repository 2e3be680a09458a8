// Bugs that somebody could write, as changes to the source, and how soon the simulation must find each. A bug whose
// `from` no longer stands in its file is stale, and the test says so.

export type PlantedBug = {
  name: string;
  file: string;
  from: string;
  to: string;
  withinHistories: number;
};

const generation = "worker/core/generation.ts";
const liveAnswer = "worker/conversation/live-answer.ts";
const answerLog = "worker/conversation/answer-log.ts";
const transcript = "protocol/transcript.ts";

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "asks again after a token was shown",
    file: generation,
    from: "if (!isSilent || !retryable || delayMs === null)",
    to: "if (!retryable || delayMs === null)",
    withinHistories: 100,
  },
  {
    name: "ends twice",
    file: generation,
    from: "if (!isLive(state.state)) return stay(state);",
    to: "",
    withinHistories: 500,
  },
  {
    name: "a new attempt keeps its old number",
    file: generation,
    from: "const attempt = state.attempt + 1;\n  const next",
    to: "const attempt = state.attempt;\n  const next",
    withinHistories: 100,
  },
  {
    name: "after a crash one position too many is kept",
    file: generation,
    from: '{ type: "reset", attempt, keep: length }',
    to: '{ type: "reset", attempt, keep: length + 1 }',
    withinHistories: 100,
  },
  {
    name: "what a crash cut is called complete",
    file: generation,
    from: '"interrupted", "crashed"',
    to: '"complete", null',
    withinHistories: 100,
  },
  {
    name: "a clean end without a finish_reason is called complete",
    file: generation,
    from: "return state.finishReason === null",
    to: "return state.finishReason === undefined",
    withinHistories: 100,
  },
  {
    name: "a finish_reason outlives its attempt",
    file: generation,
    from: "length: state.base,\n    finishReason: null,",
    to: "length: state.base,",
    withinHistories: 10_000,
  },
  {
    name: "a silent model is waited for without end",
    file: generation,
    from: "return checkDeadlines(state, now);",
    to: "return stay(state);",
    withinHistories: 100,
  },
  {
    name: "half a pair at the end of a chunk is replaced",
    file: "worker/core/intake.ts",
    from: "const isHalf = last >= 0xd800 && last <= 0xdbff;",
    to: "const isHalf = false;",
    withinHistories: 1_000,
  },
  {
    name: "a flush is cut inside a pair",
    file: "worker/core/intake.ts",
    from: 'return { text: toStorableText(whole), held: isHalf ? joined.slice(-1) : "" };',
    to: 'return { text: joined.replaceAll("\\0", "\\uFFFD"), held: "" };',
    withinHistories: 100,
  },
  {
    name: "the first token waits for a second before it is stored",
    file: "worker/core/flush.ts",
    from: "if (!hasFlushed) return pendingLength > 0;",
    to: "",
    withinHistories: 100,
  },
  {
    name: "a model that pauses is not stored until it goes on",
    file: liveAnswer,
    from: "if (this.#pending.length > 0) this.#flush();",
    to: "",
    withinHistories: 100,
  },
  {
    name: "an end does not store what was shown last",
    file: liveAnswer,
    from: "this.#generation, this.#takePending());",
    to: "this.#generation, { offset: this.#flushed, entries: [] });",
    withinHistories: 100,
  },
  {
    name: "a stop is not stored",
    file: liveAnswer,
    from: "const { isCurrent, costUsd } = this.#host.finish(",
    to: 'const { isCurrent, costUsd } = this.#generation.state === "stopped" ? { isCurrent: true, costUsd: null } : this.#host.finish(',
    withinHistories: 100,
  },
  {
    name: "a stop leaves the model talking",
    file: liveAnswer,
    from: "this.#call?.abort();\n        this.#call = null;",
    to: "",
    withinHistories: 100,
  },
  {
    name: "what comes late from an aborted line is shown",
    file: liveAnswer,
    from: "if (this.#isCurrent(attempt)) this.#take(",
    to: "this.#take(",
    withinHistories: 100,
  },
  {
    name: "a refused fence is passed by",
    file: liveAnswer,
    from: "!this.#host.fence(from, this.#generation)",
    to: "this.#host.fence(from, this.#generation) === null",
    withinHistories: 1_000,
  },
  {
    name: "a stale life tells its own end",
    file: liveAnswer,
    from: "if (!isCurrent) return this.#giveWay();",
    to: "",
    withinHistories: 200,
  },
  {
    name: "a stale life goes on writing",
    file: "worker/core/simulation/store.ts",
    from: "newest.attempt !== attempt || !isLive(newest.state)",
    to: "attempt < 0",
    withinHistories: 1_000,
  },
  {
    name: "a timer outlives its answer",
    file: liveAnswer,
    from: "    this.#stopTicking();\n    const {",
    to: "    const {",
    withinHistories: 100,
  },
  {
    name: "a cursor of an earlier attempt is taken to be ahead",
    file: answerLog,
    from: "if (attempt !== this.#attempt) return attempt < this.#attempt;",
    to: "if (attempt > this.#attempt) return false;",
    withinHistories: 1_000,
  },
  {
    name: "a reset keeps more than the reader holds",
    file: answerLog,
    from: "Math.min(offset, this.#length, ...",
    to: "Math.min(this.#length, ...",
    withinHistories: 200,
  },
  {
    name: "a frame is cut inside a pair",
    file: answerLog,
    from: "last >= 0xd800 && last <= 0xdbff ? end - 1 : end",
    to: "last === 0 ? end - 1 : end",
    withinHistories: 2_000,
  },
  {
    name: "a reader does not cut when it is told to",
    file: transcript,
    from: "cut(transcript, event.data.keep);",
    to: "",
    withinHistories: 1_000,
  },
];

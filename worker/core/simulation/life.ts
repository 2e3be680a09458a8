// One life of a conversation's object: the real live answer and its log, joined to a disk, a clock and lines to a model
// that the history holds. What `answering.ts`, `sending.ts` and `find-answer.ts` do over the object's own storage, this
// does over the port; every decision is theirs and the core's.

import { AnswerLog } from "../../conversation/answer-log.ts";
import { endFrameOf, type Host, LiveAnswer } from "../../conversation/live-answer.ts";
import { cutLog, type LogEntry } from "../../../protocol/events.ts";
import type { Growth } from "../flush.ts";
import { beginGeneration, type Generation, isLive } from "../generation.ts";
import { type Clock, Wheel } from "./clock.ts";
import { Line } from "./line.ts";
import type { Store } from "./store.ts";
import { lengthOfLog, type Witness } from "./witness.ts";

export type Surroundings = { clock: Clock; witness: Witness; reasons: boolean; isOwner(life: Life): boolean };

export class Life {
  readonly wheel: Wheel;
  readonly store: Store;
  /** Newest last. */
  readonly lines: Line[] = [];
  live: LiveAnswer | null = null;
  /** The log that was written last here, and of which generation. */
  last: { generationId: string; log: AnswerLog } | null = null;
  hasGivenWay = false;
  readonly #around: Surroundings;

  constructor(store: Store, around: Surroundings) {
    this.store = store;
    this.#around = around;
    this.wheel = new Wheel(around.clock);
  }

  /** What stands unfinished on the disk lost its producer. */
  recover(): void {
    const seq = this.store.readLiveSeq();
    if (this.live !== null || seq === null) return;
    const generation = this.store.newestOf(seq);
    if (generation === null || !isLive(generation.state)) return this.store.endLive();
    const live = this.#putToWork(seq, generation);
    live.dispatch({ type: "woke", length: live.log.length });
  }

  /** A new message and its answer; the model is called before anything is written. */
  begin(seq: number, generationId: string): AnswerLog {
    return this.#start(generationId, [], (generation) => this.store.begin(seq, generation), seq);
  }

  /** More of a message's answer. */
  goOn(seq: number, generationId: string): AnswerLog {
    return this.#start(generationId, this.store.readLog(seq), (generation) => this.store.goOn(seq, generation), seq);
  }

  /** A generation's log: the live one, the last one here, or one read back. */
  find(generationId: string): AnswerLog | null {
    if (this.live?.generation.id === generationId) return this.live.log;
    if (this.last?.generationId === generationId && this.last.log.isEnded) return this.last.log;
    const found = this.store.find(generationId);
    if (found === null || isLive(found.generation.state)) return null;
    const entries = this.store.readLog(found.seq);
    cutLog(entries, found.generation.length);
    const log = new AnswerLog(startOf(generationId), found.generation.attempt, found.generation.keeps, entries);
    log.end(endFrameOf(found.generation, null));
    return log;
  }

  #start(generationId: string, base: LogEntry[], write: (generation: Generation) => void, seq: number): AnswerLog {
    const { clock, witness, reasons } = this.#around;
    witness.began(generationId, base, clock.now);
    const line = this.#call(generationId, 1);
    const generation = beginGeneration(generationId, lengthOfLog(base), reasons, clock.now);
    write(generation);
    const live = this.#putToWork(seq, generation);
    live.start(line);
    return live.log;
  }

  #putToWork(seq: number, generation: Generation): LiveAnswer {
    const { id, attempt, keeps } = generation;
    const log = new AnswerLog(startOf(id), attempt, keeps, this.store.readLog(seq));
    this.live = new LiveAnswer(generation, log, this.#createHost(seq, id));
    this.last = { generationId: id, log };
    return this.live;
  }

  #call(generationId: string, attempt: number): Line {
    this.#around.witness.called(generationId, attempt);
    const line = new Line(generationId, attempt);
    this.lines.push(line);
    return line;
  }

  #createHost(seq: number, generationId: string): Host {
    const { clock, witness, isOwner } = this.#around;
    const { store, wheel } = this;
    const save = (from: number, generation: Generation, growth?: Growth): boolean => {
      const before = store.newestOf(seq);
      const stored = lengthOfLog(store.readLog(seq));
      const isSaved = store.saveGeneration(seq, from, generation, growth);
      if (!isSaved || before === null) return isSaved;
      const { offset, entries } = growth ?? { offset: stored, entries: [] };
      if (entries.length > 0) witness.flushed(isOwner(this), stored, offset, entries);
      witness.saved(isOwner(this), before, generation, stored + lengthOfLog(entries), clock.now);
      return true;
    };
    return {
      now: () => clock.now,
      after: (ms, run) => wheel.after(ms, run),
      every: (ms, run) => wheel.every(ms, run),
      call: () => this.#call(generationId, this.live?.generation.attempt ?? 0),
      flush: (attempt, { offset, entries }) => {
        const stored = lengthOfLog(store.readLog(seq));
        if (!store.appendLog(seq, offset, entries, { generationId, attempt })) return false;
        witness.flushed(isOwner(this), stored, offset, entries);
        return true;
      },
      fence: (from, generation) => save(from, generation),
      finish: (from, generation, growth) => {
        // That nothing is live any more is not stored with it: `recover` finds that out.
        const isCurrent = save(from, generation, growth);
        this.live = null;
        return { isCurrent, costUsd: null };
      },
      stored: () => Promise.resolve(),
      giveWay: () => {
        witness.expect(!isOwner(this), 9, "the life that may write gave way");
        this.hasGivenWay = true;
      },
      spoke: () => undefined,
      log: (event, fields) => {
        if (event === "bug" && !String(fields["error"]).startsWith("PlantedError"))
          witness.fail(7, `threw ${fields["error"]}`);
      },
    };
  }
}

function startOf(generationId: string) {
  return { generationId, messageId: generationId, userMessageId: generationId, model: "m", cached: false };
}

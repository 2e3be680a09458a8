// One history, from its first send until every reader has converged: lives that end and haunt, a disk that stays, and a
// witness that looks after each step.

import { cutLog } from "../../../protocol/events.ts";
import { isLive } from "../generation.ts";
import { Clock } from "./clock.ts";
import type { Ending, History, SimEvent } from "./history.ts";
import { Life } from "./life.ts";
import { Reader } from "./reader.ts";
import type { Disk } from "./store.ts";
import { isPrefix, type Violation, Witness } from "./witness.ts";

const MAX_ZOMBIES = 2;
const MAX_READERS = 6;
const MAX_PATIENCE = 12; // More rounds than there are attempts, deadlines and crashes to spend.

/** The first promise that a history breaks, or null. */
export async function runHistory(history: History, disk: Disk): Promise<Violation | null> {
  const world = new World(history, disk);
  try {
    for (const event of history.events) {
      await world.step(event);
      if (world.witness.violation !== null) return world.witness.violation;
    }
    await world.settle(history.ending);
  } catch (error) {
    world.witness.fail(7, `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  return world.witness.violation;
}

class World {
  readonly witness = new Witness();
  readonly #clock = new Clock();
  readonly #disk: Disk;
  readonly #reasons: boolean;
  /** The life that answers requests; null from a crash until somebody asks. */
  #life: Life | null;
  /** The last life that took over: no other may write. */
  #owner: Life | null = null;
  #zombies: Life[] = [];
  #readers: Reader[] = [];
  #messages = 0;
  readonly #generations: string[] = [];

  constructor({ reasons }: History, disk: Disk) {
    this.#disk = disk;
    this.#reasons = reasons;
    this.#life = null;
  }

  async step(event: SimEvent): Promise<void> {
    switch (event.type) {
      case "send":
        this.#send(event.again);
        break;
      case "continue":
        this.#goOn();
        break;
      case "hear":
      case "hangUp":
        await this.#hear(event);
        break;
      case "pass":
        this.#clock.pass(
          event.ms,
          () => this.#lives().map((life) => life.wheel),
          () => this.#look(),
        );
        break;
      case "stop":
        this.#stop(event.how);
        break;
      case "crash":
        this.#crash(event.isZombie);
        break;
      case "wake":
        this.#wake();
        break;
      case "join":
        this.#join();
        break;
      case "cut":
        this.#readerAt(event.reader)?.cut();
        break;
      case "resume":
        this.#resume(this.#readerAt(event.reader), event.back);
        break;
      case "pull":
        this.#readerAt(event.reader)?.pull(event.frames);
        break;
    }
    this.#look();
  }

  /** Brings what is live to its end, and every reader with it. */
  async settle(ending: Ending): Promise<void> {
    if (this.#generations.length === 0) return;
    for (let round = 0; this.#isLive(); round++) {
      if (round === MAX_PATIENCE || this.witness.violation !== null) break;
      if (ending === "crash" && round < 4) await this.step({ type: "crash", isZombie: round % 2 === 1 });
      if (ending === "stop") await this.step({ type: "stop", how: "stop" });
      if (ending !== "silence") await this.step({ type: "hear", life: 0, batch: FINISH });
      await this.step({ type: "pass", ms: ending === "silence" ? 125_000 : 11_000 });
      await this.step({ type: "wake" });
    }
    this.witness.expect(!this.#isLive(), 7, "an answer that never ends");
    this.#look();
    this.#join();
    for (const reader of this.#readers) this.#converge(reader);
  }

  #lives(): readonly Life[] {
    return this.#life === null ? this.#zombies : [this.#life, ...this.#zombies];
  }

  #isLive(): boolean {
    return this.#wake().live !== null;
  }

  #readerAt(index: number): Reader | undefined {
    return this.#readers[index % Math.max(1, this.#readers.length)];
  }

  #wake(): Life {
    const life = (this.#life ??= new Life(this.#disk.open(), {
      clock: this.#clock,
      witness: this.witness,
      reasons: this.#reasons,
      isOwner: (life) => life === this.#owner,
    }));
    if (this.#owner === life) return life;
    this.#owner = life;
    life.recover();
    this.#look();
    return life;
  }

  #send(again: boolean): void {
    const life = this.#wake();
    const last = this.#generations.at(-1);
    if (again && last !== undefined) {
      const calls = this.#callsOf(last);
      this.#join();
      this.witness.expect(this.#callsOf(last) === calls, 5, "the same send again called the model again");
    }
    if (life.live !== null || (again && last !== undefined)) return;
    const id = this.#newId();
    life.begin(++this.#messages, id);
    this.#join();
  }

  #goOn(): void {
    const life = this.#wake();
    const newest = this.#messages === 0 ? null : life.store.newestOf(this.#messages);
    if (life.live !== null || newest === null) return;
    life.goOn(this.#messages, this.#newId());
  }

  #newId(): string {
    const id = `00000000-0000-7000-8000-${String(this.#generations.length + 1).padStart(12, "0")}`;
    this.#generations.push(id);
    return id;
  }

  #callsOf(id: string): number {
    return [...this.witness.truthOf(id).calls.values()].reduce((sum, times) => sum + times, 0);
  }

  async #hear(event: Extract<SimEvent, { type: "hear" | "hangUp" }>): Promise<void> {
    const life = event.life === 0 ? this.#life : this.#zombies[event.life % Math.max(1, this.#zombies.length)];
    const line = life?.lines.at(-1);
    if (line === undefined) return;
    if (event.type === "hangUp") line.hangUp(event.how);
    else {
      // Bytes that come after an abort are under way already, and count for nothing.
      if (!line.isAborted) this.witness.heard(line.generationId, line.attempt, event.batch, this.#clock.now);
      line.bring(event.batch);
    }
    // The loop awaits its line, and what it throws is caught one turn later.
    for (let turn = 0; turn < 4; turn++) await Promise.resolve();
  }

  #stop(how: "stop" | "deleted"): void {
    const life = this.#wake();
    const { live } = life;
    if (live === null) return;
    const line = life.lines.at(-1);
    live.dispatch({ type: how });
    const row = life.store.find(live.generation.id)?.generation;
    const { length } = live.generation;
    this.witness.expect(row?.state === "stopped" && row.length === length, 6, `stopped, and ${row?.state} is stored`);
    this.witness.expect(line === undefined || line.isAborted, 6, "stopped, and the model goes on");
  }

  #crash(isZombie: boolean): void {
    const life = this.#life;
    if (life === null) return;
    this.#life = null;
    if (isZombie) {
      this.#zombies.push(life);
      if (this.#zombies.length <= MAX_ZOMBIES) return;
    }
    this.#bury(isZombie ? this.#zombies.shift() : life);
  }

  /** With a life go its timers, its lines to the model, and those of its readers. */
  #bury(dead: Life | undefined): void {
    this.#zombies = this.#zombies.filter((life) => life !== dead);
    if (this.#owner === dead) this.#owner = null;
    for (const reader of this.#readers) if (reader.link?.life === dead) reader.cut();
  }

  #join(): void {
    const id = this.#generations.at(-1);
    if (id === undefined) return;
    const reader = new Reader(id, this.witness);
    this.#readers.push(reader);
    if (this.#readers.length > MAX_READERS) this.#readers.shift();
    this.#resume(reader, 0);
  }

  #resume(reader: Reader | undefined, back: number): void {
    if (reader === undefined || reader.transcript.end !== null) return;
    reader.cut();
    reader.remember(back);
    const life = this.#wake();
    const log = life.find(reader.generationId);
    if (log === null) this.witness.fail(7, `${reader.generationId} is not found`);
    else reader.connect(life, log);
  }

  #converge(reader: Reader): void {
    this.#resume(reader, 0);
    while (reader.pull(16));
    const { generation, seq } = this.#wake().store.find(reader.generationId) ?? {};
    if (generation === undefined || seq === undefined) return this.witness.fail(7, "an answer without a row");
    const stored = this.#wake().store.readLog(seq);
    cutLog(stored, generation.length);
    const { log, end } = reader.transcript;
    this.witness.expect(isPrefix(log, stored) && isPrefix(stored, log), 1, "a reader's text is not the stored text");
    this.witness.expect(end !== null, 3, "a reader that never saw the end");
  }

  /** What must hold at every moment. */
  #look(): void {
    for (const life of this.#zombies) if (life.hasGivenWay) this.#bury(life);
    for (const { last, live, wheel } of this.#lives()) {
      if (last !== null) this.witness.saw(last.generationId, last.log);
      if (live === null) this.witness.expect(wheel.size === 0, 12, "a timer outlives its answer");
    }
    const owner = this.#owner;
    if (owner?.live == null) return;
    const { generation, log } = owner.live;
    const seq = owner.store.readLiveSeq();
    if (!isLive(generation.state) || seq === null)
      return this.witness.fail(4, "an answer is written that is not stored as live");
    this.witness.checkLive(generation, log, owner.store.readLog(seq), this.#clock.now);
  }
}

const FINISH: Extract<SimEvent, { type: "hear" }>["batch"] = [
  { type: "opened" },
  { type: "text", kind: "answer", text: "the end 😀" },
  { type: "finishReason", reason: "stop" },
  { type: "ended" },
];

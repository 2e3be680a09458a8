// One history, from its first send until every reader has converged: lives that end and haunt, a disk that stays, and a
// witness that looks after each step.

import { isLive } from "../generation.ts";
import { Audience } from "./audience.ts";
import { Clock } from "./clock.ts";
import type { Ending, History, SimEvent } from "./history.ts";
import { Life, type Surroundings } from "./life.ts";
import type { Disk } from "./store.ts";
import { type Violation, Witness } from "./witness.ts";

const MAX_ZOMBIES = 2;
const MAX_ROUNDS = 12; // More than there are attempts, deadlines and crashes to spend.

type Heard = Extract<SimEvent, { type: "hear" | "hangUp" }>;

const FINISH: Heard = {
  type: "hear",
  life: 0,
  batch: [
    { type: "heard" },
    { type: "text", kind: "answer", text: "the end 😀" },
    { type: "finishReason", reason: "stop" },
    { type: "ended" },
  ],
};

/** The first promise that a history breaks, or null. */
export async function runHistory(history: History, disk: Disk): Promise<Violation | null> {
  const world = new World(disk, history.reasons);
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
  readonly #audience = new Audience(this.witness, () => this.#wake());
  readonly #disk: Disk;
  readonly #surroundings: Surroundings;
  /** The life that answers requests; null from a crash until somebody asks. */
  #life: Life | null = null;
  /** The life that took over last: no other may write. */
  #owner: Life | null = null;
  #zombies: Life[] = [];
  #messages = 0;
  readonly #generations: string[] = [];

  constructor(disk: Disk, reasons: boolean) {
    this.#disk = disk;
    const isOwner = (life: Life) => life === this.#owner;
    this.#surroundings = { clock: this.#clock, witness: this.witness, reasons, isOwner };
  }

  async step(event: SimEvent): Promise<void> {
    await this.#happen(event);
    for (let turn = 0; turn < 2; turn++) await Promise.resolve(); // An end goes out when it is stored.
    this.#look();
  }

  /** Brings what is live to its end, and every reader with it. */
  async settle(ending: Ending): Promise<void> {
    const newest = this.#generations.at(-1);
    if (newest === undefined) return;
    for (let round = 0; round < MAX_ROUNDS && this.#wake().live !== null; round++) {
      if (this.witness.violation !== null) return;
      if (ending === "crash" && round < 4) await this.step({ type: "crash", isZombie: round % 2 === 1 });
      if (ending === "stop") await this.step({ type: "stop", how: "stop" });
      if (ending !== "silence") await this.step(FINISH);
      await this.step({ type: "pass", ms: ending === "silence" ? 125_000 : 11_000 });
      await this.step({ type: "wake" });
    }
    this.witness.expect(this.#wake().live === null, 7, "an answer that never ends");
    this.#audience.join(newest);
    this.#audience.converge();
  }

  async #happen(event: SimEvent): Promise<void> {
    switch (event.type) {
      case "send":
        return this.#send(event.again);
      case "continue":
        return this.#goOn();
      case "hear":
      case "hangUp":
        return this.#hear(event);
      case "pass":
        return this.#clock.pass(
          event.ms,
          () => this.#lives().map((life) => life.wheel),
          () => this.#look(),
        );
      case "stop":
        return this.#stop(event.how);
      case "crash":
        return this.#crash(event.isZombie);
      case "wake":
        return void this.#wake();
      case "join":
        return this.#join();
      case "cut":
        return this.#audience.at(event.reader)?.cut();
      case "resume":
        return this.#audience.resume(this.#audience.at(event.reader), event.back);
      case "pull":
        return void this.#audience.at(event.reader)?.pull(event.frames);
    }
  }

  #lives(): readonly Life[] {
    return this.#life === null ? this.#zombies : [this.#life, ...this.#zombies];
  }

  #wake(): Life {
    const life = (this.#life ??= new Life(this.#disk.open(), this.#surroundings));
    if (this.#owner === life) return life;
    this.#owner = life;
    life.recover();
    this.#look();
    return life;
  }

  #join(): void {
    const newest = this.#generations.at(-1);
    if (newest !== undefined) this.#audience.join(newest);
  }

  #send(again: boolean): void {
    const life = this.#wake();
    const last = this.#generations.at(-1);
    if (again && last !== undefined) {
      const calls = this.#callsOf(last);
      this.#join();
      this.witness.expect(this.#callsOf(last) === calls, 5, "the same send again called the model again");
    } else if (life.live === null) {
      life.begin(++this.#messages, this.#newId());
      this.#join();
    }
  }

  #goOn(): void {
    const life = this.#wake();
    if (life.live === null && this.#messages > 0) life.goOn(this.#messages, this.#newId());
  }

  #newId(): string {
    const id = `00000000-0000-7000-8000-${String(this.#generations.length + 1).padStart(12, "0")}`;
    this.#generations.push(id);
    return id;
  }

  #callsOf(id: string): number {
    return [...this.witness.truthOf(id).calls.values()].reduce((sum, times) => sum + times, 0);
  }

  async #hear(event: Heard): Promise<void> {
    const life = event.life === 0 ? this.#life : this.#zombies[event.life % Math.max(1, this.#zombies.length)];
    const line = life?.lines.at(-1);
    if (line === undefined) return;
    if (event.type === "hangUp") line.hangUp(event.how);
    else {
      // Bytes that come after an abort were under way already, and count for nothing.
      if (!line.isLeft) this.witness.heard(line.generationId, line.attempt, event.batch, this.#clock.now);
      line.bring(event.batch);
    }
    // The loop awaits its line, and what it throws is caught some turns later.
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
    this.witness.expect(line === undefined || line.isLeft, 6, "stopped, and the model goes on");
  }

  #crash(isZombie: boolean): void {
    const life = this.#life;
    if (life === null) return;
    this.#life = null;
    if (isZombie) this.#zombies.push(life);
    else this.#bury(life);
    if (this.#zombies.length > MAX_ZOMBIES) this.#bury(this.#zombies[0]);
  }

  /** With a life go its timers, its lines to the model, and those of its readers. */
  #bury(dead: Life | undefined): void {
    this.#zombies = this.#zombies.filter((life) => life !== dead);
    if (this.#owner === dead) this.#owner = null;
    this.#audience.loseLinesTo(dead);
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
    if (seq === null || !isLive(generation.state)) return this.witness.fail(4, "an answer is written that is not live");
    this.witness.checkLive(generation, log, owner.store.readLog(seq), this.#clock.now);
  }
}

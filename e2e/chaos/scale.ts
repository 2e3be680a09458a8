// How hard chaos strikes: bounded as part of `npm test`, in full by `npm run test:chaos`. What is left to chance hangs on
// one seed, which a failure names: CHAOS_SEED brings a run back, as far as time can be brought back.

import type { TestContext } from "vitest";
import { createRandom } from "../../dev/simulated-text.ts";

const isLong = process.env["BRINK_CHAOS"] === "long";

export const seed = Number(process.env["CHAOS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

const bounded = {
  isLong,
  connections: 200,
  answerSeconds: 6,
  kills: 5,
  stops: 20,
  databaseAwayMs: 5_000,
  redisAwayMs: 6_000,
  timeoutMs: 100_000,
};
const long: typeof bounded = {
  isLong,
  connections: 1_000,
  answerSeconds: 30,
  kills: 50,
  stops: 200,
  databaseAwayMs: 60_000,
  redisAwayMs: 20_000,
  timeoutMs: 400_000,
};
export const scale = isLong ? long : bounded;

/** For `beforeEach`. */
export function nameSeed({ onTestFailed }: TestContext): void {
  onTestFailed(() => console.error(`CHAOS_SEED=${seed}`));
}

/** Chance for one part of a suite: parts do not shift each other's. */
export function createChance(salt: number) {
  const random = createRandom(seed + salt);
  return {
    random,
    /** A whole number from `least` to `most`. */
    between: (least: number, most: number) => least + Math.floor(random() * (most - least + 1)),
    isLucky: (share: number) => random() < share,
  };
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

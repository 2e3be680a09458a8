// The live answer at its longest, over the simulation's clock, disk and line to a model.

import { expect, test } from "vitest";
import { MAX_ANSWER_LENGTH } from "../../protocol/api.ts";
import { textOf } from "../../protocol/events.ts";
import { beginGeneration } from "../core/generation.ts";
import { Clock } from "../core/simulation/clock.ts";
import { Life } from "../core/simulation/life.ts";
import { Line } from "../core/simulation/line.ts";
import { createMemoryDisk, type Store } from "../core/simulation/store.ts";
import { Witness } from "../core/simulation/witness.ts";
import { AnswerLog } from "./answer-log.ts";
import { LiveAnswer, MAX_RUNS } from "./live-answer.ts";
import type { LlmEvent } from "../llm/provider.ts";

const text = (text: string, kind: "answer" | "reasoning" = "answer"): LlmEvent => ({ type: "text", kind, text });

const turns = async () => {
  for (let turn = 0; turn < 6; turn++) await Promise.resolve();
};

async function answerWith(batches: LlmEvent[][]) {
  const witness = new Witness();
  const store = createMemoryDisk().open();
  const writes: string[] = [];
  const counted: Store = {
    ...store,
    appendLog: (...growth) => writes.push("flush") > 0 && store.appendLog(...growth),
    saveGeneration: (...saved) => writes.push("end") > 0 && store.saveGeneration(...saved),
  };
  const life = new Life(counted, {
    clock: new Clock(),
    witness,
    reasons: false,
    isOwner: () => true,
  });
  const log = life.begin(1, "g");
  for (const batch of batches) {
    life.lines[0]?.bring(batch);
    await turns();
  }
  return { log, stored: life.store.readLog(1), row: life.store.newestOf(1), witness, writes };
}

test("an answer that reaches its bound is cut there between characters, and nothing comes after the cut", async () => {
  const filling = "x".repeat(MAX_ANSWER_LENGTH - 5);
  const { log, stored, row, witness } = await answerWith([[text(filling)], [text("😀😀😀"), text("a")], [text("b")]]);
  expect(textOf(stored).slice(filling.length)).toBe("😀😀");
  expect(row).toMatchObject({ state: "failed", error: "answer_too_long", length: filling.length + 4 });
  expect(log.isEnded).toBe(true);
  expect(witness.violation).toBeNull();
});

test("reasoning that begins at the bound opens no part beyond it", async () => {
  const { row, stored } = await answerWith([[text("x".repeat(MAX_ANSWER_LENGTH)), text("hm", "reasoning")]]);
  expect(row).toMatchObject({ error: "answer_too_long", length: MAX_ANSWER_LENGTH });
  expect(stored).toHaveLength(1);
});

test("an answer whose parts take turns without end is ended at its bound of runs, and what was said until then is kept", async () => {
  const runs = Array.from({ length: MAX_RUNS }, () => [text("hm", "reasoning"), text("so")]);
  const { stored, row, witness, log } = await answerWith([runs.flat(), [text("more")]]);
  expect(row).toMatchObject({ state: "failed", error: "answer_too_long", length: 1 + 2 * (MAX_RUNS - 1) });
  expect(stored).toHaveLength(MAX_RUNS);
  expect(log.entries).toEqual(stored);
  expect(witness.violation).toBeNull();
});

test("an answer that has all the runs there may be goes on with its last one", async () => {
  // One op, and then the turns.
  const runs = Array.from({ length: MAX_RUNS - 1 }, (_, at) => text("x", at % 2 === 0 ? "reasoning" : "answer"));
  const end: LlmEvent[] = [{ type: "finishReason", reason: "stop" }, { type: "ended" }];
  const { stored, row } = await answerWith([runs, [text("y", "reasoning"), ...end]]);
  expect(row).toMatchObject({ state: "complete" });
  expect(stored).toHaveLength(MAX_RUNS);
  expect(stored.at(-1)).toEqual({ part: 1, text: "xy" });
});

test("what an answer says last is stored with its end: one that comes at once is one write, others begin with one", async () => {
  const end: LlmEvent[] = [{ type: "finishReason", reason: "stop" }, { type: "ended" }];
  const atOnce = await answerWith([[text("all of it"), ...end]]);
  expect(atOnce.writes).toEqual(["end"]);
  const later = await answerWith([[text("some, ")], [text("and the rest"), ...end]]);
  expect(later.writes).toEqual(["flush", "end"]);
  for (const { stored, row } of [atOnce, later]) {
    expect(row).toMatchObject({ state: "complete", length: textOf(stored).length });
  }
});

test("an end is told when it is stored for good, and never where the storage went (promise 3)", async () => {
  for (const isKept of [true, false]) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const generation = beginGeneration("g", 0, false, 0);
    const start = { generationId: "g", messageId: "m", userMessageId: "u", model: "m", cached: false };
    const log = new AnswerLog(start, 1, [], []);
    const live = new LiveAnswer(generation, log, {
      now: () => 0,
      after: () => () => undefined,
      every: () => () => undefined,
      call: () => new Line("g", 1),
      flush: () => true,
      fence: () => true,
      finish: () => ({ isCurrent: true, costUsd: null }),
      stored: () => promise,
      giveWay: () => undefined,
      spoke: () => undefined,
      log: () => undefined,
    });
    const line = new Line("g", 1);
    live.start(line);
    line.bring([text("all"), { type: "finishReason", reason: "stop" }, { type: "ended" }]);
    await turns();
    expect([live.generation.state, log.length, log.isEnded]).toEqual(["complete", 3, false]);
    if (isKept) resolve();
    else reject(new Error("the storage is gone"));
    await turns();
    expect(log.isEnded).toBe(isKept);
  }
});

import { expect, test } from "vitest";
import { AnswerLog } from "./answer-log.ts";

const start = { generationId: "g", messageId: "m", userMessageId: "u", model: "model", cached: false };

/** A log with so many readers that wait; `woken` counts those that were told. */
function crowdOf(readers: number) {
  const log = new AnswerLog(start, 1, [], []);
  const seen = { woken: 0 };
  const wait = async () => {
    await log.nextChange();
    seen.woken++;
  };
  for (let reader = 0; reader < readers; reader++) void wait();
  return { log, seen };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

test("a few readers are woken by every append", async () => {
  const { log, seen } = crowdOf(7);
  log.append({ part: 0, text: "a" });
  await turn();
  expect(seen.woken).toBe(7);
});

test("a crowd is woken once for what comes in a moment, and misses nothing of it", async () => {
  const { log, seen } = crowdOf(8);
  log.append({ part: 0, text: "a" });
  await turn();
  expect(seen.woken).toBe(0);
  log.append({ part: 0, text: "b" });
  await log.nextChange();
  await turn();
  expect(seen.woken).toBe(8);
  expect(log.length).toBe(2);
});

test("a crowd is told of the end, of a new attempt and of a sign of life at once", async () => {
  for (const tell of [
    (log: AnswerLog) => log.end({ state: "complete", length: 1 }),
    (log: AnswerLog) => log.reset(2, 0),
    (log: AnswerLog) => log.beat(),
  ]) {
    const { log, seen } = crowdOf(64);
    log.append({ part: 0, text: "a" });
    tell(log);
    await turn();
    expect(seen.woken).toBe(64);
  }
});

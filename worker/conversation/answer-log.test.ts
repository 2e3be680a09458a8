import { expect, test } from "vitest";
import type { LogEntry } from "../../protocol/events.ts";
import { AnswerLog, type Position } from "./answer-log.ts";

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

const decoder = new TextDecoder();

/** What a reader at `position` is given until it has everything, and where it stands then. */
function readAll(log: AnswerLog, position: Position): { text: string; frames: number; position: Position } {
  let text = "";
  let frames = 0;
  for (let next = log.read(position); next !== null && !next.isLast; next = log.read(position)) {
    const data = /^data: (.*)$/m.exec(decoder.decode(next.bytes))?.[1] ?? "{}";
    const { offset, text: said } = JSON.parse(data);
    expect(offset).toBe(position.offset);
    text += said;
    position = next.position;
    frames++;
  }
  return { text, frames, position };
}

test("a frame is encoded once for all that ask for it", () => {
  const { log } = crowdOf(1);
  log.append({ part: 0, text: "word" });
  const first = log.read({ attempt: 1, offset: 0 });
  expect(log.read({ attempt: 1, offset: 0 })?.bytes).toBe(first?.bytes);
});

test("what comes while a crowd waits is one frame for it", async () => {
  const { log } = crowdOf(8);
  for (const text of ["a", "b", "c"]) log.append({ part: 0, text }); // No more than are kept one by one.
  await log.nextChange();
  expect(readAll(log, { attempt: 1, offset: 0 })).toMatchObject({ text: "abc", frames: 1 });
});

test("a frame that somebody has does not grow, and larger than a frame none becomes", async () => {
  const { log } = crowdOf(8);
  log.append({ part: 0, text: "a" });
  const early = readAll(log, { attempt: 1, offset: 0 });
  log.append({ part: 0, text: "b" });
  log.append({ part: 0, text: "c".repeat(16_383) });
  log.append({ part: 0, text: "d" });
  expect(readAll(log, early.position)).toMatchObject({ text: `b${"c".repeat(16_383)}d`, frames: 2 });
  await log.nextChange();
});

test("a reader that is further behind than frames are kept is given the text itself, in few frames", () => {
  const { log } = crowdOf(1);
  const words = Array.from({ length: 50 }, (_, at) => `word ${at} `);
  for (const text of words) log.append({ part: 0, text });
  expect(readAll(log, { attempt: 1, offset: 0 })).toMatchObject({ text: words.join(""), frames: 1 });
  expect(readAll(log, { attempt: 1, offset: 3 }).text).toBe(words.join("").slice(3));
});

/** Entries that count how often one of them is looked at. */
function countingEntries(): { entries: LogEntry[]; seen: { looks: number } } {
  const seen = { looks: 0 };
  const get = (target: LogEntry[], key: string | symbol): unknown => {
    if (typeof key === "string" && /^\d+$/.test(key)) seen.looks++;
    return Reflect.get(target, key);
  };
  return { entries: new Proxy<LogEntry[]>([], { get }), seen };
}

test("a reader of a log whose parts take turns looks at each run once, from wherever it comes, and after a new attempt", () => {
  const { entries, seen } = countingEntries();
  const log = new AnswerLog(start, 1, [], entries);
  const say = (turns: number) => {
    for (let turn = 0; turn < turns; turn++) {
      log.append({ part: 1, text: `hm ${turn}` });
      log.append({ part: 0, text: `so ${turn}` });
    }
  };
  const wholeText = () => entries.map((entry) => ("text" in entry ? entry.text : "")).join("");
  const expectAllReadFrom = (offset: number) => {
    const text = wholeText().slice(offset);
    seen.looks = 0;
    const read = readAll(log, { attempt: log.attempt, offset });
    expect(read.text).toBe(text);
    expect(seen.looks).toBeLessThanOrEqual(read.frames);
  };
  say(2_000);
  const middle = Math.floor(log.length / 2);
  for (const offset of [0, 1, 3, 4, 5, middle, middle + 1, log.length - 1, log.length]) expectAllReadFrom(offset);

  for (const keep of [middle, middle - 2, 4, 0]) {
    log.reset(log.attempt + 1, keep);
    say(1_000);
    for (const offset of [0, keep, keep + 1, log.length - 1]) expectAllReadFrom(offset);
    seen.looks = 0;
    expect(log.has({ attempt: log.attempt, offset: log.length - 1 })).toBe(true);
    expect(seen.looks).toBeLessThanOrEqual(1);
  }
});

test("no position between the halves of a pair is one, in whichever run, and every other is", () => {
  const entries: LogEntry[] = [
    { part: 0, text: "a😀" },
    { op: { type: "part", part: 1, kind: "reasoning" } },
    { part: 1, text: "😀" },
    { part: 0, text: "b" },
  ];
  const log = new AnswerLog(start, 1, [], entries);
  const holds = Array.from({ length: 9 }, (_, offset) => log.has({ attempt: 1, offset }));
  expect(holds).toEqual([true, true, false, true, true, false, true, true, false]);
});

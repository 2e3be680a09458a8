import { expect, test } from "vitest";
import { newId, readStream } from "../../dev/api-client.ts";
import type { Verdict } from "../core/quota.ts";
import { guest, model } from "../test-client.ts";
import { createGatheredVerdicts } from "./gathered-verdicts.ts";

const allowed: Verdict = { allowed: true };
const denied: Verdict = { allowed: false, code: "rate_limited", by: "user", retryAfterMs: 1_000 };

/** Over a judge that notes what it is asked for, by turn, and denies who is named so. Time passes only by `pass`. */
function start(comesHome = true) {
  let isAnswering = true;
  let now = 1_000_000;
  const timers = new Set<{ at: number; run: () => void }>();
  const turns: { at: number; subjects: string[] }[] = [];
  const judge = (subject: string) => {
    const last = turns.at(-1);
    if (last?.at === now) last.subjects.push(subject);
    else turns.push({ at: now, subjects: [subject] });
    if (!isAnswering) return new Promise<Verdict>(() => undefined);
    return Promise.resolve(subject.startsWith("denied") ? denied : allowed);
  };
  const clock = {
    now: () => now,
    after(ms: number, run: () => void) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    lookMs: 20,
    comesHome,
  };
  const settle = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  const pass = async (ms: number) => {
    for (const until = now + ms; now < until; now++) {
      await settle();
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer);
        timer.run();
      }
    }
    await settle();
  };
  const ask = createGatheredVerdicts(judge, clock);
  /** Asks every 2 ms until asking together pays, and once more when all that has ended. */
  const makeBusy = async () => {
    for (let send = 0; send < 100; send++) {
      void ask(`busy ${send}`);
      await pass(2);
    }
    await pass(30);
    turns.length = 0;
  };
  /** The life of who asked last ends: its timers never ring. */
  const die = () => timers.clear();
  const mute = (isMute: boolean) => {
    isAnswering = !isMute;
  };
  return { ask, pass, makeBusy, turns, timers, die, mute };
}

test("starts that are apart are judged at once, each alone", async () => {
  const { ask, pass, turns } = start();
  for (const subject of ["a", "b", "c"]) {
    expect(await ask(subject)).toEqual(allowed);
    await pass(20);
  }
  expect(turns.map(({ subjects }) => subjects)).toEqual([["a"], ["b"], ["c"]]);
});

test.each([true, false])(
  "close upon each other they are asked for in one turn, each told its own (%s)",
  async (comesHome) => {
    const { ask, pass, makeBusy, turns, timers } = start(comesHome);
    await makeBusy();
    const verdicts = [ask("a"), ask("denied"), ask("c")];
    await pass(10);
    expect(turns).toEqual([]);
    const late = ask("d");
    await pass(10);
    expect(turns.map(({ subjects }) => subjects)).toEqual([["a", "denied", "c", "d"]]);
    if (!comesHome) await pass(20);
    expect(await Promise.all([...verdicts, late])).toEqual([allowed, denied, allowed, allowed]);
    expect(timers.size).toBe(0);
  },
);

test("no more than 32 go in one", async () => {
  const { ask, pass, makeBusy, turns } = start();
  await makeBusy();
  const verdicts = [];
  for (let send = 0; send < 70; send++) {
    verdicts.push(ask(`${send}`));
    if (send % 10 === 9) await pass(1);
  }
  await pass(20);
  expect(await Promise.all(verdicts)).toHaveLength(70);
  expect(turns.map(({ subjects }) => subjects.length)).toEqual([32, 32, 6]);
});

test("after a pause a start is judged at once again", async () => {
  const { ask, pass, makeBusy, turns } = start();
  await makeBusy();
  await pass(60_000);
  await ask("a");
  expect(turns.map(({ subjects }) => subjects)).toEqual([["a"]]);
});

test("who was to ask for others has died before: each asks for itself, once", async () => {
  const { ask, pass, makeBusy, turns, timers, die } = start();
  await makeBusy();
  void ask("dead");
  die();
  const others = [ask("a"), ask("b")];
  expect(timers.size).toBe(2);
  await pass(150);
  expect(await Promise.all(others)).toEqual([allowed, allowed]);
  expect(turns.flatMap(({ subjects }) => subjects).toSorted()).toEqual(["a", "b"]);
});

test("who asked for others has died before it was answered: in the end each asks for itself", async () => {
  const { ask, pass, makeBusy, turns, mute } = start();
  await makeBusy();
  mute(true);
  const [first, other] = [ask("dead"), ask("a")];
  await pass(1_000);
  expect(turns.map(({ subjects }) => subjects)).toEqual([["dead", "a"]]);
  mute(false);
  await pass(1_000);
  expect(await other).toEqual(allowed);
  expect(await Promise.race([first, "never"])).toBe("never");
  expect(turns.map(({ subjects }) => subjects)).toEqual([["dead", "a"], ["a"]]);
});

test("of two hundred conversations that one person begins at once as many as allowed are answered, each by its own object", async () => {
  const client = await guest();
  const send = async () => {
    const response = await client.send(newId(), {
      id: newId(),
      text: "hello",
      model: model("first=800,rate=0,tokens=5"),
    });
    if (response.ok) return (await readStream(response)).end?.state;
    return (await response.json<{ code: string }>()).code;
  };
  const outcomes = await Promise.all(Array.from({ length: 200 }, send));
  expect(outcomes.filter((outcome) => outcome === "complete")).toHaveLength(3);
  expect(outcomes.filter((outcome) => outcome === "too_many_live")).toHaveLength(197);
});

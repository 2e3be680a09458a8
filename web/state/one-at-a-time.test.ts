import { expect, test } from "vitest";
import { oneAtATime } from "./one-at-a-time.ts";

/** Runs that end when the test says so. */
function createRig() {
  const runs: { wish: string; end: () => void; fail: (error: Error) => void }[] = [];
  const turns = oneAtATime<string>((wish) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    runs.push({ wish, end: resolve, fail: reject });
    return promise;
  });
  return { turns, runs, wishes: () => runs.map(({ wish }) => wish) };
}

test("of the wishes that come while one runs only the last is run, and whoever asked waits for it", async () => {
  const { turns, runs, wishes } = createRig();
  let isOver = false;
  const asked = turns.ask("a");
  void turns.ask("b");
  void turns.ask("c").then(() => (isOver = true));
  expect([wishes(), turns.hasNext]).toEqual([["a"], true]);
  runs[0]?.end();
  await Promise.resolve();
  await Promise.resolve();
  expect([wishes(), turns.hasNext, isOver]).toEqual([["a", "c"], false, false]);
  runs[1]?.end();
  await asked;
  expect([isOver, turns.current]).toEqual([true, null]);
});

test("a wish in the very turn in which the last run ends is not lost", async () => {
  const { turns, runs, wishes } = createRig();
  const asked = turns.ask("a");
  runs[0]?.end();
  for (let turn = 0; turn < 5; turn++) {
    await Promise.resolve();
    void turns.ask(`late ${turn}`);
    runs.at(-1)?.end();
  }
  await asked;
  runs.at(-1)?.end();
  await turns.current;
  expect(wishes().at(-1)).toBe("late 4");
});

test("a run that fails says so to whoever asked, and the next wish is run", async () => {
  const { turns, runs, wishes } = createRig();
  const asked = turns.ask("a");
  runs[0]?.fail(new Error("no"));
  await expect(asked).rejects.toThrow("no");
  void turns.ask("b");
  expect(wishes()).toEqual(["a", "b"]);
});

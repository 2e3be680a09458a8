import { expect, test } from "vitest";
import { createChunk } from "./chunk.ts";

const ADDRESS = "https://brink.test/assets/formatter-1a2b.js";
const FAILURE = `Failed to fetch dynamically imported module: ${ADDRESS}`;

/** A chunk whose fetches come out as they are listed, one after the other. */
function createRig(outcomes: (string | Error)[]) {
  const clock = { now: 0 };
  const asked: string[] = [];
  const next = async (name: string) => {
    asked.push(name);
    const outcome = outcomes.shift() ?? expect.fail("asked for once too often");
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { clock, asked, chunk: createChunk(() => next("own"), { now: () => clock.now, importFrom: next }) };
}

test("a chunk that could not be fetched is fetched again under other names, and once it is there no more", async () => {
  const { clock, asked, chunk } = createRig([new TypeError(FAILURE), new TypeError(`${FAILURE}?try=2`), "module"]);
  for (let count = 0; count < 4; count++, clock.now += 2_000) await chunk.load();
  expect(asked).toEqual(["own", `${ADDRESS}?try=2`, `${ADDRESS}?try=3`]);
  expect(chunk.loaded.value).toBe("module");
});

test("where the failure names nothing it is asked for as it was", async () => {
  const { clock, asked, chunk } = createRig([new TypeError("Importing a module script failed."), "module"]);
  await chunk.load();
  clock.now += 2_000;
  await chunk.load();
  expect([asked, chunk.loaded.value]).toEqual([["own", "own"], "module"]); // prettier-ignore
});

test("many who ask at once, or soon after a failure, make one request", async () => {
  const { clock, asked, chunk } = createRig([new TypeError(FAILURE), "module"]);
  await Promise.all([chunk.load(), chunk.load()]);
  clock.now += 1_999;
  await chunk.load();
  expect(asked).toHaveLength(1);
  clock.now += 1;
  await Promise.all([chunk.load(), chunk.load()]);
  expect(asked).toHaveLength(2);
});

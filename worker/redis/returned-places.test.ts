import { expect, test } from "vitest";
import { createReturnedPlaces } from "./returned-places.ts";

const start = () => {
  const said: Record<string, string[]>[] = [];
  let now = 0;
  const returned = createReturnedPlaces(
    async (places) => {
      await Promise.resolve();
      said.push(Object.fromEntries(Array.from(places, ([user, ended]) => [user, [...ended]])));
    },
    () => now,
  );
  return { said, returned, pass: (ms: number) => (now += ms) };
};

test("what ended in one moment is said at once, by user", async () => {
  const { said, returned } = start();
  await Promise.all([returned.add("ann", "1"), returned.add("bob", "2"), returned.add("ann", "3")]);
  expect(said).toEqual([{ ann: ["1", "3"], bob: ["2"] }]);
  await returned.add("ann", "4");
  expect(said.slice(1)).toEqual([{ ann: ["4"] }]);
});

test("what a user's next send takes along is not said again, and the others' is", async () => {
  const { said, returned } = start();
  const all = [returned.add("ann", "1"), returned.add("bob", "2")];
  expect(returned.take("ann")).toEqual(["1"]);
  expect(returned.take("ann")).toEqual([]);
  await Promise.all(all);
  expect(said).toEqual([{ bob: ["2"] }]);
});

test("with all taken along there is nothing to say", async () => {
  const { said, returned } = start();
  const added = returned.add("ann", "1");
  returned.take("ann");
  await added;
  expect(said).toEqual([]);
});

test("a moment whose timer died with its conversation holds nobody up", async () => {
  const { said, returned, pass } = start();
  const real = globalThis.setTimeout;
  // The first conversation is ended by the platform: its timer never fires.
  globalThis.setTimeout = ((): number => 0) as unknown as typeof setTimeout;
  void returned.add("ann", "1");
  globalThis.setTimeout = real;
  pass(1_000);
  await returned.add("bob", "2");
  expect(said).toEqual([{ ann: ["1"], bob: ["2"] }]);
});

import { expect, test } from "vitest";
import { createChunk } from "./chunk.ts";

test("a chunk that could not be fetched is fetched again by the next call, and once it is there no more", async () => {
  const outcomes = [new TypeError("Failed to fetch"), new TypeError("Failed to fetch"), "module"];
  let fetches = 0;
  const chunk = createChunk(async () => {
    const outcome = outcomes[fetches++];
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
  await chunk.load();
  await chunk.load();
  expect(chunk.loaded.value).toBe(null);
  await chunk.load();
  await chunk.load();
  expect([chunk.loaded.value, fetches]).toEqual(["module", 3]);
});

test("a failure that comes late takes nothing away that is there by then", async () => {
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  const waiting = [first.promise, second.promise];
  const chunk = createChunk(() => waiting.shift() ?? Promise.reject(new Error("a third")));
  const loads = [chunk.load(), chunk.load()];
  first.resolve("module");
  await loads[0];
  second.reject(new TypeError("Failed to fetch"));
  await loads[1];
  expect(chunk.loaded.value).toBe("module");
});

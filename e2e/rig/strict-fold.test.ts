import { expect, test } from "vitest";
import type { StreamEvent } from "../../protocol/events.ts";
import { createStrictFold } from "./strict-fold.ts";

const id = "0190aaaa-0000-7000-8000-000000000001";
const at = (attempt: number, offset: number) => `${id}.${attempt}.${offset}`;
const start = (attempt = 1): Frame => [
  { event: "start", data: { generationId: id, messageId: "m", userMessageId: id, attempt, model: "m", cached: false } },
  undefined,
];
const delta = (offset: number, text: string, attempt = 1): Frame => [
  { event: "delta", data: { offset, part: 0, text } },
  at(attempt, offset + text.length),
];
const end = (length: number): Frame => [{ event: "end", data: { state: "complete", length } }, undefined];

type Frame = [StreamEvent, string | undefined];

function faultsOf(...connections: Frame[][]): readonly string[] {
  const fold = createStrictFold(id);
  for (const frames of connections) {
    fold.connected();
    for (const [event, cursor] of frames) fold.take(event, cursor);
  }
  return fold.faults;
}

const [a, b, c] = [delta(0, "he"), delta(2, "ll"), delta(4, "o 👋")];

test("a stream in one piece, cut and resumed, or begun again in a new attempt is without fault", () => {
  expect(faultsOf([start(), a, b, c, end(8)])).toEqual([]);
  expect(faultsOf([start(), a], [start(), b], [start()], [start(), c, end(8)])).toEqual([]);
  const reset: Frame = [{ event: "reset", data: { attempt: 2, keep: 2 } }, at(2, 2)];
  expect(faultsOf([start(), a, b], [start(2), reset, delta(2, "y", 2), end(3)])).toEqual([]);
});

test("frames that are dropped, doubled, swapped or cut short are told", () => {
  expect(faultsOf([start(), a, c, end(8)])).toContain("delta at 4, with 2 held");
  expect(faultsOf([start(), a, b, b, c, end(8)])).toContain("delta at 2, with 4 held");
  expect(faultsOf([start(), b, a, c, end(8)])).toContain("delta at 2, with 0 held");
  expect(faultsOf([start(), a, b, end(8)])).toContain("an end at 4, with another length");
});

test("frames out of their place and wrong cursors are told", () => {
  expect(faultsOf([a, end(2)])).toContain("delta before the start");
  expect(faultsOf([start(), start(), a, end(2)])).toContain("a second start");
  expect(faultsOf([start(), a, end(2), end(2)])).toContain("end after the end");
  expect(faultsOf([start(), [a[0], at(1, 3)], end(2)])[0]).toMatch(
    /^delta with the id .*\.1\.3, where .*\.1\.2 is due/,
  );
  expect(faultsOf([[start()[0], at(1, 0)], end(0)])).toHaveLength(1);
});

test("an attempt that changes without a reset shows in the cursors", () => {
  expect(faultsOf([start(), a], [start(2), delta(2, "ll", 2), end(4)])).not.toEqual([]);
});

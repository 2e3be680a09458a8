import { expect, test } from "vitest";
import { type Cost, summarize, toRun } from "./figures.ts";
import type { StreamResult } from "./load/job.ts";

const free: Cost = { cpuSeconds: null, restingBytes: null, memory: [] };
const stream = (
  sentAt: number,
  firstAt: number | null,
  endedAt: number,
  failure: string | null = null,
): StreamResult => ({
  sentAt,
  firstAt,
  endedAt,
  gaps: [20, 60],
  tokens: 100,
  failure,
});

test("a failed stream is counted as failed and is in no figure", () => {
  const run = toRun([stream(0, 50, 1_000), stream(0, 900, 9_000, "wrong text")], free);
  expect(run).toMatchObject({ streams: 2, failures: ["wrong text"] });
  expect(run.figures).toMatchObject({ firstP50Ms: 50, firstP95Ms: 50, totalP50Ms: 1_000, tokensPerSecond: 100 });
});

test("gaps between text are those of all streams that went well", () => {
  const { figures } = toRun([stream(0, 50, 1_000), stream(0, 50, 1_000), stream(0, 50, 9_000, "wrong text")], free);
  expect(figures).toMatchObject({ gapP50Ms: 40, gapP95Ms: 60 });
});

test("CPU is shared out over the tokens and over the streams", () => {
  const { figures } = toRun([stream(0, 50, 1_000), stream(0, 50, 1_000)], { ...free, cpuSeconds: 0.04 });
  expect(figures.cpuPerThousandTokens).toBeCloseTo(0.2);
  expect(figures.cpuMsPerStream).toBeCloseTo(20);
});

test("memory is what was held at most, over what was held at rest, for each conversation", () => {
  const streams = Array.from({ length: 100 }, (_, index) => stream(index * 50, 100, index * 50 + 4_000));
  const memory = [
    { at: 1_000, bytes: 120e6 },
    { at: 6_000, bytes: 300e6 },
    { at: 8_000, bytes: 290e6 },
  ];
  const cost = { ...free, restingBytes: 100e6, memory };
  expect(toRun(streams, cost).figures.megabytesPerStream).toBeCloseTo(2);
});

test("memory of few streams, or of streams that were never all held, is not told", () => {
  const cost = { ...free, restingBytes: 1, memory: [{ at: 15, bytes: 2 }] };
  expect(toRun([stream(0, 10, 20)], cost).figures.megabytesPerStream).toBeNull();
  const apart = Array.from({ length: 20 }, (_, index) => stream(index * 1_000, null, index * 1_000 + 50));
  expect(toRun(apart, cost).figures.megabytesPerStream).toBeNull();
});

test("a ratio is taken within its repeat, so a machine that slows down half-way does not show in it", () => {
  const run = (firstMs: number, cpuSeconds: number) => toRun([stream(0, firstMs, 1_000)], { ...free, cpuSeconds });
  const own = [run(60, 2), run(120, 4), run(70, 9)];
  const references = [run(50, 1), run(100, 2), run(50, 3)];
  const summary = summarize(own, references);
  expect(summary.figures.firstP50Ms).toBe(70);
  expect(summary.addedFirstP50Ms).toBe(20);
  expect(summary.ratios.cpuSeconds).toBe(2);
  expect(summary.cpuRatioSpread).toEqual([2, 3]);
});

test("against a reference that was not measured, or that took nothing, there is no ratio", () => {
  const own = toRun([stream(0, 60, 1_000)], { ...free, cpuSeconds: 2 });
  const idle = toRun([stream(0, 50, 1_000)], { ...free, cpuSeconds: 0 });
  expect(summarize([own], [idle]).ratios.cpuSeconds).toBeNull();
  expect(summarize([own], [])).toMatchObject({ addedFirstP50Ms: null, cpuRatioSpread: null });
});

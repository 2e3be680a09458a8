import { expect, test } from "vitest";
import { firstPace } from "../core/wake.ts";
import { answerBegan, answerEnded, isolate } from "./load.ts";

test("an isolate knows how many answers it writes, and what a read takes of late", () => {
  answerBegan();
  answerBegan();
  answerEnded();
  expect(isolate.load().live).toBe(1);
  answerEnded();
  for (let read = 0; read < 500; read++) isolate.noteRead({ ...firstPace, lastMs: 120 });
  expect(isolate.load()).toEqual({ live: 0, readMs: expect.closeTo(120, 0) });
});

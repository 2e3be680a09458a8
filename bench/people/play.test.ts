import { afterAll, expect, test } from "vitest";
import { startSimulatedLlm } from "../../dev/simulated-llm.ts";
import type { Plan } from "./plan.ts";
import { play } from "./play.ts";

const model = await startSimulatedLlm();
afterAll(() => model.close());

const planOf = (name: string, coming: Plan["coming"], opening: Plan["opening"] = []): Plan => ({
  target: { type: "pipe", url: `${model.url}/chat/completions` },
  model: `brink-simulated:first=0,rate=0,tokens=20${name}`,
  coming,
  opening,
  turns: [{ act: { type: "ask" }, weight: 1 }],
  faithful: 0.5,
  seed: 7,
});
const users: Plan["coming"] = {
  type: "users",
  stages: [
    { users: 5, forMs: 0 },
    { users: 5, forMs: 100 },
  ],
  pauseMs: 10,
};

test("users ask again and again while their stage lasts, and every answer is the model's own", async () => {
  const { samples } = await play(planOf("", users));
  expect(new Set(samples.map(({ person }) => person))).toEqual(new Set([0, 1, 2, 3, 4]));
  expect(samples.every(({ failure, tokens, firstAt }) => failure === null && tokens === 20 && firstAt !== null)).toBe(
    true,
  );
});

test("each who arrives asks once", async () => {
  const { samples } = await play(planOf("", { type: "arrivals", phases: [{ perSecond: 100, forMs: 100 }] }));
  expect(samples.map(({ person }) => person).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("an answer that was cut, and a call that was refused, are failures", async () => {
  const { samples } = await play(
    planOf(",fault=cut@5", { type: "arrivals", phases: [{ perSecond: 10, forMs: 100 }] }, [{ type: "list" }]),
  );
  expect(samples.map(({ name, failure }) => [name, failure])).toEqual([
    ["list", expect.stringContaining("status 404")],
    ["ask", "the model's stream was cut short"],
  ]);
});

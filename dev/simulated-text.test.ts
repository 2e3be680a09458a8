import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseScenario, type Scenario } from "./simulated-scenario.ts";
import { contentTokens, expectedReasoning, expectedText, splitIntoTokens } from "./simulated-text.ts";

function scenarioOf(settings: string): Scenario {
  const parsed = parseScenario(`brink-simulated:${settings}`);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.scenario;
}

test("cutting into tokens loses nothing, not even half an emoji", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => splitIntoTokens(text).join("") === text),
  );
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
      const text = String.fromCharCode(...units);
      return splitIntoTokens(text).join("") === text;
    }),
  );
});

describe.each(["words", "unicode", "surrogates"])("generated %s", (kind) => {
  test("has exactly as many tokens as asked for, none of them empty", () => {
    for (const count of [0, 1, 2, 3, 50, 1_000]) {
      const tokens = contentTokens(scenarioOf(`text=${kind},tokens=${count},seed=${count}`), { userText: "" });
      expect(tokens).toHaveLength(count);
      expect(tokens).not.toContain("");
    }
  });

  test("depends on the seed alone", () => {
    const text = expectedText(`brink-simulated:text=${kind},tokens=80,seed=5`);
    expect(expectedText(`brink-simulated:text=${kind},tokens=80,seed=5,rate=7`, "another prompt")).toBe(text);
    expect(expectedText(`brink-simulated:text=${kind},tokens=80,seed=6`)).not.toBe(text);
  });

  test("is well-formed as a whole, for every seed", () => {
    for (let seed = 0; seed < 300; seed++) {
      expect(expectedText(`brink-simulated:text=${kind},tokens=${1 + (seed % 40)},seed=${seed}`).isWellFormed()).toBe(
        true,
      );
    }
  });
});

test("the words of a seed are the same on every machine", () => {
  expect(expectedText("brink-simulated:tokens=8,seed=7")).toBe("Log draws each compass winter. Mirror some lantern");
});

test("unicode cuts graphemes but no code point, surrogates cut those too", () => {
  const joiner = contentTokens(scenarioOf("text=unicode,tokens=400,seed=1"), { userText: "" });
  expect(joiner.some((token) => token.startsWith("\u200d") || token.startsWith("\n"))).toBe(true);
  expect(joiner.every((token) => token.isWellFormed())).toBe(true);
  const halves = contentTokens(scenarioOf("text=surrogates,tokens=400,seed=1"), { userText: "" });
  expect(halves.filter((token) => !token.isWellFormed()).length).toBeGreaterThan(50);
});

test("a fault's position is respected, and counts the reasoning before the content", () => {
  const whole = contentTokens(scenarioOf("tokens=20,seed=3"), { userText: "" });
  expect(expectedText("brink-simulated:tokens=20,seed=3,fault=cut@5")).toBe(whole.slice(0, 5).join(""));
  expect(expectedText("brink-simulated:tokens=20,seed=3,reasoning=4,fault=rst@5")).toBe(whole.slice(0, 1).join(""));
  expect(expectedText("brink-simulated:tokens=20,seed=3,reasoning=9,fault=stall@5")).toBe("");
  expect(expectedReasoning("brink-simulated:tokens=20,seed=3,reasoning=9,fault=stall@5").split(" ")).toHaveLength(5);
  expect(expectedText("brink-simulated:tokens=20,seed=3,fault=html")).toBe("");
  expect(expectedText("brink-simulated:tokens=20,seed=3,fault=nodone")).toBe(whole.join(""));
});

test("an answer that was cut goes on where it stopped, and one that was not starts afresh", () => {
  const scenario = scenarioOf("rate=0");
  const whole = expectedText(scenario, "a haiku please");
  const rest = contentTokens(scenario, { userText: "a haiku please", answerSoFar: whole.slice(0, 31) }).join("");
  expect(whole.slice(0, 31) + rest).toBe(whole);
  expect(contentTokens(scenario, { userText: "a haiku please", answerSoFar: whole }).join("")).toBe(whole);
  expect(contentTokens(scenario, { userText: "a haiku please", answerSoFar: "Something else" }).join("")).toBe(whole);
});

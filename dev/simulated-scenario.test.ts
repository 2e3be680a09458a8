import { describe, expect, test } from "vitest";
import { parseScenario, SIMULATED_MODEL } from "./simulated-scenario.ts";

function scenarioOf(settings: string) {
  const parsed = parseScenario(`${SIMULATED_MODEL}:${settings}`);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.scenario;
}

test("the bare name answers the prompt at a readable pace", () => {
  expect(parseScenario(SIMULATED_MODEL)).toMatchObject({
    ok: true,
    scenario: { firstMs: 300, tokensPerSecond: 40, text: "answer", fault: null, reasoningTokens: 0 },
  });
});

test("every key is read", () => {
  expect(scenarioOf("first=50,rate=12.5,tokens=7,seed=9,reasoning=3,text=unicode,fault=cut@4,times=2")).toEqual({
    firstMs: 50,
    tokensPerSecond: 12.5,
    tokens: 7,
    seed: 9,
    reasoningTokens: 3,
    text: "unicode",
    fault: { type: "cut", after: 4 },
    times: 2,
  });
});

test("a number of tokens means generated words, whatever the order of the keys", () => {
  expect(scenarioOf("tokens=5").text).toBe("words");
  expect(scenarioOf("tokens=5,text=surrogates").text).toBe("surrogates");
  expect(scenarioOf("text=surrogates,tokens=5").text).toBe("surrogates");
});

test.each([
  ["cut@0", { type: "cut", after: 0 }],
  ["fin@3", { type: "fin", after: 3 }],
  ["rst@3", { type: "rst", after: 3 }],
  ["stall@12", { type: "stall", after: 12 }],
  ["error@1", { type: "error", after: 1 }],
  ["html", { type: "html" }],
  ["status-503", { type: "status", status: 503 }],
  ["status-429", { type: "status", status: 429 }],
  ["nodone", { type: "nodone" }],
  ["nofinish", { type: "nofinish" }],
  ["late-fin", { type: "late-fin" }],
])("fault=%s is a fault", (value, fault) => {
  expect(scenarioOf(`fault=${value}`).fault).toEqual(fault);
});

describe("what is not a scenario", () => {
  test.each([
    ["speed=5", "Unknown scenario key 'speed'"],
    ["", "Unknown scenario key ''"],
    ["rate=50,", "Unknown scenario key ''"],
    ["__proto__=1", "Unknown scenario key '__proto__'"],
    ["toString=1", "Unknown scenario key 'toString'"],
    ["rate=fast", "'rate' takes tokens per second"],
    ["rate=-1", "'rate' takes"],
    ["rate=1e9", "'rate' takes"],
    ["first=1.5", "'first' takes milliseconds"],
    ["tokens=1000001", "'tokens' takes"],
    ["seed=4294967296", "'seed' takes"],
    ["text=latin", "'text' takes answer, words"],
    ["fault=cut", "'fault' takes cut@N"],
    ["fault=cut@", "'fault' takes"],
    ["fault=html@3", "'fault' takes"],
    ["fault=status-200", "'fault' takes"],
    ["fault=melt@3", "'fault' takes"],
  ])("'%s' is refused in a sentence that names the key", (settings, message) => {
    const parsed = parseScenario(`${SIMULATED_MODEL}:${settings}`);
    expect(parsed).toMatchObject({ ok: false, reason: "bad_scenario" });
    expect(parsed.ok ? "" : parsed.message).toContain(message);
  });

  test.each(["gpt-4o", "", `${SIMULATED_MODEL}-2`, SIMULATED_MODEL.slice(0, -1)])(
    "'%s' is an unknown model",
    (model) => {
      expect(parseScenario(model)).toMatchObject({ ok: false, reason: "unknown_model" });
    },
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { answerTo, SIMULATED_NOTE } from "./simulated-answers.ts";
import { evaluate, findSum } from "./simulated-arithmetic.ts";

test("every answer says that it is simulated and how to connect a real model, whatever was said", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.nat(), (message, seed) => {
      const answer = answerTo(message, seed);
      return answer.endsWith(SIMULATED_NOTE) && answer.length > SIMULATED_NOTE.length + 20;
    }),
  );
  for (const word of ["simulated", "no AI", "OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL"]) {
    expect(SIMULATED_NOTE).toContain(word);
  }
});

test("the same message gets the same answer, another seed may get another", () => {
  expect(answerTo("what is love?")).toBe(answerTo("what is love?"));
  expect(new Set([0, 1, 2].map((seed) => answerTo("hello", seed))).size).toBe(3);
});

test.each([
  ["hello", /^(Hello|Hi there|Good to see)/],
  ["Hallo!", /^(Hello|Hi there|Good to see)/],
  ["write a Python function that caches", /```python\n/],
  ["write code", /```ts\n/],
  ["a SQL query for the newest rows", /```sql\n/],
  ["make a table of the planets", /\| Neptune \|/],
  ["what is (17 + 4) * 2?", /\*\*42\*\*/],
  ["explain the quadratic formula", /\$\$\n/],
  ["how do I learn to sail?", /^1\. /m],
  ["a haiku please", /> Words come/],
  ["tell me a joke", /Knock, knock/],
  ["🎉", /👩‍👩‍👧‍👦/],
  ["write a long essay about rivers", /## 12\./],
  ["show me everything in Markdown", /^# Everything at once[^]*\| left \|[^]*```ts[^]*\$\$/],
  ["who are you?", /not\*\* a language model/],
])("'%s' gets an answer of its kind", (message, answer) => {
  expect(answerTo(message)).toMatch(answer);
});

test("a piece of the message comes back, without power over the page", () => {
  expect(answerTo("Rivers of Norway")).toContain("“Rivers of Norway”");
  expect(answerTo("x <b>bold</b> [l](http://e.example) `c`").split("”")[0]).not.toMatch(/(?<!\\)[<\]]|(?<!\\)`c/);
  expect(answerTo(`${"👩‍👩‍👧‍👦".repeat(200)} family`)).not.toMatch(/\u200d…/);
});

test.each([
  ["1+1", 2],
  ["2 + 3 * 4", 14],
  ["(2 + 3) * 4", 20],
  ["2 ^ 3 ^ 2", 512],
  ["-2 ^ 2", -4],
  ["2^-1", 0.5],
  ["10 / 4 - 1", 1.5],
  ["7 - 2 - 1", 4],
  ["1 / 0", null],
  ["(1 + 2", null],
  ["1 + ", null],
  ["2 x", null],
])("'%s' is %s", (expression, value) => {
  expect(evaluate(expression)).toBe(value);
});

test("a sum is found inside a sentence, a date or a lone number is none", () => {
  expect(findSum("So what is 12 × (3 + 4)?")).toEqual({ expression: "12 * (3 + 4)", value: 84 });
  expect(findSum("on 2026-11-20 please")).toBeNull();
  expect(findSum("I am 42.")).toBeNull();
  expect(findSum(`${"(".repeat(5_000)}1+1`)).toBeNull();
});

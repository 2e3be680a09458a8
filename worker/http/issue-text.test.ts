// Through the schemas of the API, with the language that `parse.ts` gives them.

import { expect, test } from "vitest";
import * as z from "zod/mini";
import { generationSchema, listQuerySchema, paramsSchema, patchSchema, sendSchema } from "../../protocol/api.ts";
import "./parse.ts";

test("what is wrong is said in our own words, whatever the schemas can raise", () => {
  const id = "01890a5d-ac96-774b-bcce-b302099a8057";
  const cases: [z.ZodMiniType, unknown, string][] = [
    [sendSchema, 5, "must be an object"],
    [sendSchema, { id }, "must be a string"],
    [sendSchema, { id, text: 5 }, "must be a string"],
    [sendSchema, { id: "x", text: "x" }, "must be a lower-case UUID"],
    [listQuerySchema, { cursor: "" }, "must be at least 1 character"],
    [listQuerySchema, { cursor: "c".repeat(201) }, "must be at most 200 characters"],
    [generationSchema, { id, messageId: id, kind: "x" }, "must be one of: regenerate, continue"],
    [paramsSchema, { temperature: "1" }, "must be a number"],
    [paramsSchema, { temperature: Infinity }, "must be a number"],
    [paramsSchema, { temperature: 3 }, "must be at most 2"],
    [paramsSchema, { temperature: -1 }, "must be at least 0"],
    [paramsSchema, { topP: 0 }, "must be more than 0"],
    [paramsSchema, { maxTokens: 1.5 }, "must be a whole number"],
    [paramsSchema, { maxTokens: 0 }, "must be at least 1"],
    [paramsSchema, { seed: 1e300 }, `must be at most ${Number.MAX_SAFE_INTEGER}`],
    [paramsSchema, { cache: 1 }, "must be true or false"],
    [patchSchema, { title: " " }, "must not be empty"],
    [patchSchema, {}, "must change something"],
    [listQuerySchema, { limit: "ten" }, "must be a whole number"],
    [listQuerySchema, { limit: "0" }, "must be at least 1"],
    [listQuerySchema, { limit: "101" }, "must be at most 100"],
  ];
  for (const [schema, value, message] of cases) {
    const issues = schema.safeParse(value).error?.issues.map((issue) => issue.message);
    expect(issues, JSON.stringify(value)).toEqual([message]);
  }
  expect(z.email().safeParse("x").error?.issues[0]?.message).toBe("does not have the expected form");
});

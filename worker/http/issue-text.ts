// What is wrong with a value, in our own words: what a schema of `protocol/api.ts` may raise without saying it itself.

import type { core } from "zod/mini";

const TYPES: Record<string, string> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
};

export function writeIssue(issue: core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${TYPES[issue.expected] ?? "of another type"}`;
    case "invalid_value":
      return `must be one of: ${issue.values.map(String).join(", ")}`;
    case "too_big":
      return `must be ${issue.inclusive === false ? "less than" : "at most"} ${withUnit(issue.maximum, issue.origin)}`;
    case "too_small":
      return `must be ${issue.inclusive === false ? "more than" : "at least"} ${withUnit(issue.minimum, issue.origin)}`;
    case "invalid_format":
      return "does not have the expected form";
    default:
      return "is not allowed";
  }
}

function withUnit(bound: number | bigint, origin: string): string {
  if (origin !== "string") return String(bound);
  return bound === 1 ? "1 character" : `${bound} characters`;
}

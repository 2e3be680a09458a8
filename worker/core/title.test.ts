import { expect, test } from "vitest";
import { MAX_NAMING_LENGTH, readTitle, titlePrompt } from "./title.ts";

test("a title is the first line without the marks that models put around it", () => {
  expect(readTitle('"Tides and the moon"\n')).toBe("Tides and the moon");
  expect(readTitle("**Title: Tides and the moon.**")).toBe("Tides and the moon");
  expect(readTitle("# Gezeiten\nund mehr")).toBe("Gezeiten");
  expect(readTitle("  潮汐と月 ")).toBe("潮汐と月");
  expect(readTitle("«The *moon*, etc.»...")).toBe("The *moon*, etc");
});

test("nothing, and a speech, are no titles", () => {
  for (const answer of ["", "  \n ", '""', "word ".repeat(40)]) expect(readTitle(answer)).toBeNull();
});

test("an answer beyond the bound is not looked into, so that none costs more than one at the bound", () => {
  expect(MAX_NAMING_LENGTH).toBeLessThan(1_000);
  const named = (length: number) => "Tides\n".padEnd(length, ".");
  expect(readTitle(named(MAX_NAMING_LENGTH))).toBe("Tides");
  expect(readTitle(named(MAX_NAMING_LENGTH + 1))).toBeNull();
});

test("the call is cheap however long the conversation is", () => {
  const { messages, params } = titlePrompt("m", "q".repeat(100_000), "a".repeat(1_000_000));
  expect(messages.map(({ content }) => content).join("").length).toBeLessThan(5_000);
  expect(params.maxTokens).toBeLessThanOrEqual(64);
});

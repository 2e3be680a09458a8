import fc from "fast-check";
import { expect, test } from "vitest";
import { toStorableText } from "../../protocol/api.ts";
import { letGo, takeIn } from "./intake.ts";

/** Any UTF-16 at all, lone halves and NUL included. */
const anyText = fc.string({
  unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
  size: "max",
  maxLength: 60,
});

test("however a text is cut into chunks, the log gets its storable form, and never ends inside a pair (promise 2)", () => {
  fc.assert(
    fc.property(fc.array(anyText), (chunks) => {
      let held = "";
      let log = "";
      for (const chunk of chunks) {
        const taken = takeIn(held, chunk);
        held = taken.held;
        log += taken.text;
        expect(log.isWellFormed()).toBe(true);
      }
      log += letGo(held);
      expect(log).toBe(toStorableText(chunks.join("")));
      expect(log).not.toContain("\0");
    }),
  );
});

test("a half that stays alone becomes U+FFFD, and one that finds its other half does not", () => {
  expect(takeIn("", "a\ud83d")).toEqual({ text: "a", held: "\ud83d" });
  expect(takeIn("\ud83d", "\ude00b")).toEqual({ text: "😀b", held: "" });
  expect(letGo("\ud83d")).toBe("\ufffd");
  expect(letGo("")).toBe("");
});

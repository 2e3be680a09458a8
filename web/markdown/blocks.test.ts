import fc from "fast-check";
import { h, render } from "preact";
import { expect, test } from "vitest";
import { type Block, createBlocks, withoutHalfLine } from "./blocks.ts";
import { BlockView } from "./render.tsx";
import { PIECES, REFERENCE_PIECES, SAMPLE, WITH_FORMULAS, WITH_REFERENCES } from "../testing/markdown-samples.ts";

function draw(blocks: readonly Block[]): string {
  const root = document.createElement("div");
  render(
    blocks.map((block) => h(BlockView, { key: block.key, block })),
    root,
  );
  return root.innerHTML;
}

const whole = (text: string) => draw(createBlocks().update(text));

test.for([
  ["a long answer", SAMPLE],
  ["an answer with Windows' line ends", SAMPLE.replaceAll("\n", "\r\n")],
  ["an answer with references", WITH_REFERENCES],
  ["an answer with formulas", WITH_FORMULAS],
])(
  "%s, grown unit by unit, is at every length what it would be if parsed whole",
  { timeout: 60_000 },
  ([, text = ""]) => {
    const blocks = createBlocks();
    for (let length = 0; length <= text.length; length++) {
      const prefix = text.slice(0, length);
      expect(draw(blocks.update(prefix))).toBe(whole(prefix));
    }
  },
);

const piece = fc.constantFrom(...PIECES);
const history = fc.array(
  fc.record({
    /** Cuts are what a reset does: a new attempt keeps less than what was shown. */
    cut: fc.oneof({ arbitrary: fc.constant(0), weight: 6 }, { arbitrary: fc.nat(30), weight: 1 }),
    pieces: fc.array(fc.oneof({ arbitrary: piece, weight: 12 }, fc.constantFrom(...REFERENCE_PIECES)), {
      maxLength: 4,
    }),
  }),
  { size: "max", maxLength: 40 },
);

test("whatever was appended or cut before, the blocks are those of the whole text", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(history, (steps) => {
      const blocks = createBlocks();
      let text = "";
      for (const { cut, pieces } of steps) {
        text = text.slice(0, Math.max(0, text.length - cut)) + pieces.join("");
        const fresh = createBlocks().update(text);
        const grown = blocks.update(text);
        expect(grown.map(({ key, source }) => ({ key, source }))).toEqual(
          fresh.map(({ key, source }) => ({ key, source })),
        );
      }
      expect(draw(blocks.update(text))).toBe(whole(text));
    }),
    { numRuns: 400 },
  );
});

test("settled blocks stay the same objects while the text grows, and only the last ones are new", () => {
  const blocks = createBlocks();
  const first = blocks.update("# One\n\nTwo\n\nThree");
  const second = blocks.update("# One\n\nTwo\n\nThree and more");
  expect(second.slice(0, 2)).toEqual([first[0], first[1]]);
  expect(second[0]).toBe(first[0]);
  expect(second[1]).toBe(first[1]);
  expect(second[2]).not.toBe(first[2]);
  expect(second[2]?.key).toBe(first[2]?.key);
});

test("only the tail is parsed: growing a long answer reads each settled block a bounded number of times", () => {
  const paragraphs = Array.from({ length: 300 }, (_, index) => `Paragraph ${index} with **words**.\n\n`);
  const blocks = createBlocks();
  let text = "";
  let renewed = 0;
  let before: readonly Block[] = [];
  for (const paragraph of paragraphs) {
    text += paragraph;
    const now = blocks.update(text);
    const held = new Set(before);
    renewed += now.filter((block) => !held.has(block)).length;
    before = now;
  }
  expect(before).toHaveLength(300);
  expect(renewed).toBe(300);
});

test("a reference that arrives late renews the blocks above it, one that does not leaves them", () => {
  const blocks = createBlocks();
  const before = blocks.update("See [a].\n\nThen [a] again.\n\n");
  const after = blocks.update("See [a].\n\nThen [a] again.\n\n[a]: https://a.example\n");
  expect(after[0]).not.toBe(before[0]);
  expect(draw(after)).toContain('href="https://a.example/"');
});

test("a last line that reads as an underline is held back, and nothing else", () => {
  expect(withoutHalfLine("Words\n-")).toBe("Words");
  expect(withoutHalfLine("Words\n---")).toBe("Words");
  expect(withoutHalfLine("Words\n  ==")).toBe("Words");
  for (const text of ["", "-", "Words\n\n-", "Words\n- a", "Words\n---\n", "Words - ", "a = ", "Words\n1."]) {
    expect(withoutHalfLine(text)).toBe(text);
  }
});

// Text that grows to blocks, of which all but the last stay the same object: what is settled is neither parsed nor
// drawn again. The blocks of any text are those of parsing it whole, whatever came before.

import { parse, type Token } from "./parse.ts";

export type Block = {
  /** Where it begins in the text, which tells blocks apart. */
  key: number;
  source: string;
  tokens: readonly Token[];
};

type Reading = { blocks: Block[]; references: string };

export function createBlocks(): { update(text: string): readonly Block[] } {
  let shown: Reading = { blocks: [], references: NO_REFERENCES };
  let last: string | null = null;
  let settled: Block[] = [];
  let settledLength = 0;
  /** The whole lines that have been searched for settled blocks. */
  let searched = "";

  function reset(): void {
    settled = [];
    settledLength = 0;
    searched = "";
  }

  /** Parses only behind what is settled; null where that cannot be, because the text defines references. */
  function readTail(text: string): Reading | null {
    if (!text.startsWith(searched)) reset();
    const end = text.lastIndexOf("\n") + 1;
    if (end > searched.length) {
      searched = text.slice(0, end);
      // A block is settled once a whole line of the next one stands: half a line may yet turn out to belong to it.
      const { blocks, references } = read(text, settledLength, end);
      if (references !== NO_REFERENCES) return null;
      const last = blocks.pop();
      settled = [...settled, ...blocks];
      settledLength = last?.key ?? settledLength;
    }
    const { blocks, references } = read(text, settledLength, text.length);
    return references === NO_REFERENCES ? { blocks: [...settled, ...blocks], references } : null;
  }

  return {
    update(raw) {
      if (raw === last) return shown.blocks;
      last = raw;
      const text = raw.includes("\r") ? raw.replace(/\r\n?/g, "\n") : raw;
      let next = readTail(text);
      if (next === null) {
        // `[name]: address` gives a meaning to brackets anywhere in the text, so that nothing is settled.
        reset();
        next = read(text, 0, text.length);
      }
      shown = next.references === shown.references ? keepSame(shown, next) : next;
      return shown.blocks;
    },
  };
}

const NO_REFERENCES = "{}";

/** The top-level blocks of `text` between two offsets, which are beginnings of lines or its end. */
function read(text: string, from: number, to: number): Reading {
  const { tokens, references } = parse(text.slice(from, to));
  const lines = [from];
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1)) lines.push(at + 1);
  const offsetOf = (line: number) => lines[line] ?? to;
  const blocks: Block[] = [];
  let first = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.level !== 0 || token.nesting === 1) continue;
    const [start, end] = tokens[first]?.map ?? [0, 0];
    const key = offsetOf(start);
    blocks.push({ key, source: text.slice(key, offsetOf(end)), tokens: tokens.slice(first, index + 1) });
    first = index + 1;
  }
  return { blocks, references: JSON.stringify(references) };
}

/** `next`, but with the very objects of `held` where the same stands at the same place. */
function keepSame(held: Reading, next: Reading): Reading {
  const byKey = new Map(held.blocks.map((block) => [block.key, block]));
  const blocks = next.blocks.map((block) => {
    const same = byKey.get(block.key);
    return same?.source === block.source ? same : block;
  });
  return { blocks, references: next.references };
}

const MAYBE_UNDERLINE = /(?<=[^\n])\n {0,3}(?:=+|-+) *$/;

/**
 * What is shown of a text that is still growing: all but a last line that reads as an underline now, which would turn
 * the paragraph above into a heading, and is the start of a list or a rule a moment later.
 */
export function withoutHalfLine(text: string): string {
  // Only the end of the text is looked at: a pattern would search all of it on every frame.
  const tail = text.slice(-80);
  const match = MAYBE_UNDERLINE.exec(tail);
  return match === null ? text : text.slice(0, text.length - (tail.length - match.index));
}

// A fast path for what a stream says thousands of times over: lines that are alike but for one string, the text. Such a
// line is cut where its text begins and ends, and not parsed: when the line to the model is full, parsing it is more
// than half of what a token costs.
//
// Nothing is assumed of any provider, so that it stays exact: a template is made from a chunk that was parsed in full
// and tried out with another text in the same place, and a line that differs from it in anything but the inside of that
// one string is left to the parser.

import { parseChunk } from "./parse-chunk.ts";

export type TextKind = "answer" | "reasoning";

export type Template = {
  kind: TextKind;
  /** The line up to its text, the opening quote included. */
  head: string;
  /** And from the closing quote on. */
  tail: string;
  /** OpenAI pads its chunks, so that their length tells nothing: the padding stands behind the tail. */
  isPadded: boolean;
};

const FIELD = "data: ";
const PROBE = "text";
const OTHER_PROBE = "another text";
const PADDING = ',"obfuscation":"';
const PADDING_END = '"}';
const paddingAtEnd = /,"obfuscation":"[A-Za-z0-9]*"\}$/;
const lettersAndDigits = /^[A-Za-z0-9]*$/;
// What inside a JSON string does not stand for itself, or may not be there.
// oxlint-disable-next-line no-control-regex
const special = /["\\\u0000-\u001f]/;

/** Null for a chunk whose place of `text` is not found. `data` was parsed, and said this and nothing else. */
export function learnTemplate(data: string, kind: TextKind, text: string): Template | null {
  const literal = JSON.stringify(text);
  const at = data.lastIndexOf(literal);
  if (at < 0) return null;
  const prefix = data.slice(0, at + 1);
  const suffix = data.slice(at + literal.length - 1);
  const probe = text === PROBE ? OTHER_PROBE : PROBE;
  const [said, ...others] = parseChunk(prefix + probe + suffix) ?? [];
  if (others.length > 0 || said?.type !== "text" || said.kind !== kind || said.text !== probe) return null;
  const padding = paddingAtEnd.exec(suffix);
  const tail = padding === null ? suffix : suffix.slice(0, padding.index);
  return { kind, head: FIELD + prefix, tail, isPadded: padding !== null };
}

/** The text of the line that stands in `lines` from `at` to `end`; null when it is not of this template. */
export function matchLine({ head, tail, isPadded }: Template, lines: string, at: number, end: number): string | null {
  const from = at + head.length;
  const tailEnd = isPadded ? paddingStart(lines, end) : end;
  const to = tailEnd - tail.length;
  // Slices share the text, and V8 compares them by the word: `startsWith` goes by the character, at thrice the cost.
  if (to < from || lines.slice(to, tailEnd) !== tail || lines.slice(at, from) !== head) return null;
  const inside = lines.slice(from, to);
  return special.test(inside) ? unescape(inside) : inside;
}

/** -1 when the line does not end in padding. */
function paddingStart(lines: string, end: number): number {
  const start = lines.lastIndexOf(PADDING, end);
  const paddingEnd = end - PADDING_END.length;
  if (start < 0 || lines.slice(paddingEnd, end) !== PADDING_END) return -1;
  return lettersAndDigits.test(lines.slice(start + PADDING.length, paddingEnd)) ? start : -1;
}

/** Null for what is not the inside of one string: a quote in it ends the text, and the chunk is another one. */
function unescape(inside: string): string | null {
  try {
    const value: unknown = JSON.parse(`"${inside}"`);
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}

// Formulas for the parser: `\(…\)` and `$…$` in a line, `\[…\]` and `$$…$$` on their own. What stands between them is
// TeX's and never read as Markdown; a formula that is not closed yet stays as it was written.
// A blank line ends every formula, as it does in TeX, and so a block once settled is never opened again.

import type { MarkdownIt, StateBlock, StateInline } from "markdown-it";

export function withFormulas(markdown: MarkdownIt): void {
  // Before the escapes, which would eat the backslashes, and behind the code in which nothing is a formula.
  markdown.inline.ruler.before("escape", "formula", readInline);
  markdown.block.ruler.before("table", "formula", readBlock, { alt: ["paragraph", "reference", "blockquote", "list"] });
}

const CLOSERS = { "\\(": "\\)", "\\[": "\\]", $$: "$$", $: "$" } as const;

type Opener = keyof typeof CLOSERS;

function readInline(state: StateInline, silent: boolean): boolean {
  const { src, pos, posMax } = state;
  const opener = openerAt(src, pos);
  if (opener === null) return false;
  const from = pos + opener.length;
  const to = indexOfCloser(opener, src, from, posMax);
  if (to === -1) {
    if (!isUnderWay(opener, src.slice(from, posMax))) return false;
    if (!silent) state.push("formula_source", "", 0).content = src.slice(pos, posMax);
    state.pos = posMax;
    return true;
  }
  if (!isFormula(opener, src, from, to)) return false;
  const end = to + opener.length;
  const isDisplay = opener === "$$" || opener === "\\[";
  // A line may be broken beside a formula, and a comma must not begin one.
  const tail = isDisplay ? "" : (/^[.,;:?)]*/.exec(src.slice(end, Math.min(end + 4, posMax)))?.[0] ?? "");
  if (!silent) {
    const token = state.push("formula", "", 0);
    token.content = src.slice(from, to).trim();
    token.markup = src.slice(pos, end);
    token.block = isDisplay;
    token.info = tail;
  }
  // The line's end belongs to what stands on its own: a break behind it would be an empty line.
  state.pos = isDisplay ? endOfLine(src, end, posMax) : end + tail.length;
  return true;
}

/** A paragraph of which no line within a formula is a heading's underline, a list or anything else. */
function readBlock(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  const { src, bMarks, eMarks, tShift, sCount, blkIndent } = state;
  const startOf = (line: number) => (bMarks[line] ?? 0) + (tShift[line] ?? 0);
  const endOf = (line: number) => eMarks[line] ?? 0;
  const indentOf = (line: number) => sCount[line] ?? 0;
  if (indentOf(startLine) - blkIndent >= 4) return false;
  const start = startOf(startLine);
  const opener = openerAt(src, start);
  if (opener !== "$$" && opener !== "\\[") return false;
  const from = start + opener.length;
  const lineEnd = endOf(startLine);
  const to = indexOfCloser(opener, src, from, lineEnd);
  let line = startLine + 1;
  if (to !== -1) {
    const isAlone = src.slice(to + opener.length, lineEnd).trim() === "";
    if (!isAlone || !isFormula(opener, src, from, to)) return false;
    if (silent) return true;
  } else {
    // By its first line alone, whatever is still to come.
    if (!BEGINS[opener].test(src.slice(from, lineEnd))) return false;
    if (silent) return true;
    while (line < endLine && !state.isEmpty(line) && indentOf(line) >= blkIndent) {
      line += 1;
      if (indexOfCloser(opener, src, startOf(line - 1), endOf(line - 1)) !== -1) break;
    }
  }
  state.line = line;
  const map: [number, number] = [startLine, line];
  state.push("paragraph_open", "p", 1).map = map;
  const inline = state.push("inline", "", 0);
  inline.content = state.getLines(startLine, line, blkIndent, false).trim();
  inline.map = map;
  inline.children = [];
  state.push("paragraph_close", "p", -1);
  return true;
}

/** What a formula of several lines has in its first; "$$ is a lot" and "\[an aside] of sorts" have not. */
const BEGINS = { "\\[": /^\s|^$|[\\^={&]/, $$: /^\s*$|[\\^={&]/ };

function openerAt(text: string, at: number): Opener | null {
  const two = text.slice(at, at + 2);
  if (two === "\\(" || two === "\\[") return two;
  // "US$5" and "$$$" are about money.
  if (text[at] !== "$" || /[\w$]/.test(text[at - 1] ?? "")) return null;
  if (two !== "$$") return "$";
  return text[at + 2] === "$" ? null : "$$";
}

function indexOfCloser(opener: Opener, text: string, from: number, end: number): number {
  const closer = CLOSERS[opener];
  for (let at = from; at + closer.length <= end; at++) {
    if (text.startsWith(closer, at)) return at;
    // `\\` and `\$` close nothing.
    if (text[at] === "\\") at += 1;
  }
  return -1;
}

/** Whether what stands between two delimiters is a formula. */
function isFormula(opener: Opener, text: string, from: number, to: number): boolean {
  const tex = text.slice(from, to);
  const next = text[to + opener.length] ?? "";
  if (tex.trim() === "") return false;
  switch (opener) {
    // Pandoc's rule: "$5 and $10" are two prices.
    case "$":
      return !/^\s|\s$/.test(tex) && !/[\d$]/.test(next);
    case "$$":
      return next !== "$";
    // Escaped brackets: "file\(s\)", "\[1\]", "\[a link\](address)".
    case "\\(":
      return !(/^\w+$/.test(tex) && /\w/.test(text[from - 3] ?? ""));
    case "\\[":
      return !/^\w+$/.test(tex) && next !== "(";
  }
}

/** Whether the text behind an opener that nothing closes is a formula's beginning rather than a price. */
function isUnderWay(opener: Opener, rest: string): boolean {
  if (opener === "\\(" || opener === "\\[") return true;
  if (opener === "$$" && /^\s*\n/.test(rest)) return true;
  return /^\S/.test(rest) && /\\[A-Za-z]/.test(rest) && !rest.includes("`");
}

function endOfLine(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && (text[at] === " " || text[at] === "\t")) at += 1;
  return at < end && text[at] === "\n" ? at + 1 : from;
}

// `<br>`, the one piece of HTML that is understood: a cell of a table cannot break its line in any other way.

import type { MarkdownIt, StateInline } from "markdown-it";

export function withBreakTag(markdown: MarkdownIt): void {
  // Behind the code, in which it is letters like any other.
  markdown.inline.ruler.before("escape", "break_tag", readBreakTag);
}

/** With the end of its own line, which would break it once more. */
const BREAK_TAG = /<br\s*\/?>(?:[ \t]*\n[ \t]*)?/iy;

function readBreakTag(state: StateInline, silent: boolean): boolean {
  BREAK_TAG.lastIndex = state.pos;
  const [tag = ""] = BREAK_TAG.exec(state.src) ?? [];
  if (tag === "" || state.pos + tag.length > state.posMax) return false;
  if (!silent) state.push("hardbreak", "br", 0);
  state.pos += tag.length;
  return true;
}

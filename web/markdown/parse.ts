// Markdown as this app speaks it: CommonMark with tables, strikethrough and formulas. No HTML but `<br>`, no pictures
// (they become links), and a bare address becomes a link only with its scheme written out.

import MarkdownIt, { type Env, type Token } from "markdown-it";
import { withBreakTag } from "./break-tag.ts";
import { withFormulas } from "./formulas.ts";

export type { Token };
export type References = NonNullable<Env["references"]>;
export type Parsed = { tokens: Token[]; references: References };

/** Tokens of this level and deeper may have lost what was inside them. */
export const DEEPEST_PARSED = 90;

const markdown = new MarkdownIt("default", {
  html: false,
  linkify: true,
  // People and models alike break a line where they mean it to break.
  breaks: true,
  // A list opens two levels at once, so this leaves room above the level that render.tsx looks for.
  maxNesting: DEEPEST_PARSED + 10,
});
// "notes.md" and "e.g.so" are not addresses.
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
markdown.use(withFormulas);
markdown.use(withBreakTag);
// What may be linked is decided where the link is drawn, so that a refused one still shows its words.
markdown.validateLink = () => true;

export function parse(text: string): Parsed {
  const env: Env = {};
  const tokens = markdown.parse(text, env);
  return { tokens, references: env.references ?? {} };
}

const SAFE_PROTOCOLS: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);

/** The address in full where it is absolute and of a kind that cannot run anything; else null. */
export function readSafeUrl(address: string): string | null {
  try {
    const url = new URL(address);
    return SAFE_PROTOCOLS.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

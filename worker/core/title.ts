// Titles that a model is asked for: what it is asked, and what of its answer is fit for a list. Pure.

import { MAX_TITLE_LENGTH, toStorableText } from "../../protocol/api.ts";
import type { Prompt } from "./prompt.ts";

const EXCERPT_LENGTH = 2_000; // UTF-16 units of either side: enough to name a subject, and a cheap call.
const MAX_TOKENS = 32;

/** UTF-16 units of a model's answer. Beyond them it is a speech, of any length, and nothing in it is looked for. */
export const MAX_NAMING_LENGTH = 400;
const END_MARKS = `"'“”»\`*.`;

export function titlePrompt(model: string, question: string, answer: string): Prompt {
  const excerpt = (text: string) => text.slice(0, EXCERPT_LENGTH).toWellFormed();
  return {
    model,
    params: { maxTokens: MAX_TOKENS, temperature: 0.2 },
    messages: [
      {
        role: "system",
        content:
          "You name conversations. Answer with a title of at most six words, in the conversation's own language, and nothing else: no quotes, no full stop.",
      },
      { role: "user", content: `${excerpt(question)}\n\n---\n\n${excerpt(answer)}` },
    ],
  };
}

/** The title in a model's answer: its first line, without the quotes and marks that models put around it; or null. */
export function readTitle(answer: string): string | null {
  if (answer.length > MAX_NAMING_LENGTH) return null;
  const line =
    toStorableText(answer)
      .trim()
      .split(/[\r\n]/, 1)[0] ?? "";
  const begun = line.replace(/^(#+\s*|title:\s*|\*\*)+/i, "").replace(/^["'“”«„`*]+/, "");
  const title = withoutEndMarks(begun).replace(/\s+/g, " ").trim();
  return title === "" || title.length > MAX_TITLE_LENGTH / 2 ? null : title;
}

/** By hand: a pattern that stands at an end alone is tried from every mark before it. */
function withoutEndMarks(text: string): string {
  let end = text.length;
  while (end > 0 && END_MARKS.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

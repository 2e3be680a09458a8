// Titles that a model is asked for: what it is asked, and what of its answer is fit for a list. Pure.

import { MAX_TITLE_LENGTH, toStorableText } from "../../protocol/api.ts";
import type { Prompt } from "./prompt.ts";

const EXCERPT_LENGTH = 2_000; // UTF-16 units of either side: enough to name a subject, and a cheap call.
const MAX_TOKENS = 32;

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
  const line =
    toStorableText(answer)
      .trim()
      .split(/[\r\n]/, 1)[0] ?? "";
  const title = line
    .replace(/^(#+\s*|title:\s*|\*\*)+/i, "")
    .replace(/^["'“”«„`*]+|["'“”»`*.]+$/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return title === "" || title.length > MAX_TITLE_LENGTH / 2 ? null : title;
}

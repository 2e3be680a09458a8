// What the model is sent: the system prompt and as much of the branch's tail as fits its budget. Pure.

export type PromptMessage = { role: "system" | "user" | "assistant"; content: string };
export type Prompt = {
  model: string;
  messages: PromptMessage[];
  params: PromptParams;
};
export type PromptParams = {
  temperature?: number | undefined;
  topP?: number | undefined;
  maxTokens?: number | undefined;
  seed?: number | undefined;
  reasoningEffort?: "none" | "minimal" | "low" | "medium" | "high" | undefined;
};

/** The branch is read at most this far back, so that a send costs the same at 2,000 messages as at 20 (promise 16). */
export const MAX_PROMPT_MESSAGES = 100;
/** A part of the context is the answer's own. */
const ANSWER_SHARE = 0.25;
/** UTF-16 units a token: low on purpose (English is near 4, CJK near 1.5), since a prompt too long is refused whole. */
const UNITS_PER_TOKEN = 3;

/** The longest prompt for a model, in UTF-16 units. */
export function promptLength(contextTokens: number): number {
  return Math.floor(contextTokens * (1 - ANSWER_SHARE) * UNITS_PER_TOKEN);
}

/**
 * Cuts a branch (oldest first) and what is `added` to it to the model's budget, from the tail. The system prompt and the
 * last message always stay, and so do an answer that goes on and its question, cut where they must be; what is kept
 * begins with a user message, as some providers demand.
 */
export function buildMessages(
  system: string | null,
  branch: readonly PromptMessage[],
  added: readonly PromptMessage[],
  contextTokens: number,
): PromptMessage[] {
  const all = [...branch, ...added];
  const goesOn = added[0]?.role === "assistant";
  let first = Math.max(0, goesOn ? branch.length - 1 : all.length - 1);
  let budget = promptLength(contextTokens) - (system?.length ?? 0);
  const tail = goesOn ? fit(all.slice(first), budget) : all.slice(first);
  for (const { content } of tail) budget -= content.length;
  const end = first;
  while (first > 0 && all.length - first < MAX_PROMPT_MESSAGES) {
    budget -= all[first - 1]?.content.length ?? 0;
    if (budget < 0) break;
    first--;
  }
  while (first < end && all[first]?.role === "assistant") first++;
  const kept = [...all.slice(first, end), ...tail].filter((message) => message.content !== "");
  return system === null || system === "" ? kept : [{ role: "system", content: system }, ...kept];
}

const QUESTION_SHARE = 0.25; // Of a prompt that holds no more than a question and the answer that goes on.

/** The question's beginning and the answer's end: that is where it goes on. What asks for more stays whole. */
function fit(messages: readonly PromptMessage[], budget: number): PromptMessage[] {
  const [question, answer, ...rest] = messages;
  if (question === undefined || answer === undefined) return [...messages];
  const room = Math.max(0, budget - rest.reduce((sum, { content }) => sum + content.length, 0));
  if (question.content.length + answer.content.length <= room) return [...messages];
  const asked = Math.floor(Math.max(room * QUESTION_SHARE, room - answer.content.length));
  const head = question.content.slice(0, asked).toWellFormed();
  const end = answer.content.slice(Math.max(0, answer.content.length - (room - head.length))).toWellFormed();
  return [{ ...question, content: head }, { ...answer, content: end }, ...rest];
}

/** Asks for more of an answer that broke off. As a message, since few providers go on from a trailing answer. */
export const CONTINUE_PROMPT =
  "Continue your answer exactly where it broke off. Repeat nothing that is already there, and do not comment on this.";

const TITLE_LENGTH = 60;

/** A conversation's first title: the first line of its first message, cut at a word. */
export function titleOf(text: string): string {
  const line =
    text
      .trim()
      .split(/[\r\n]/, 1)[0]
      ?.replace(/\s+/g, " ")
      .trim() ?? "";
  if (line.length <= TITLE_LENGTH) return line;
  const cut = line.slice(0, TITLE_LENGTH);
  const space = cut.lastIndexOf(" ");
  return `${(space > TITLE_LENGTH / 2 ? cut.slice(0, space) : cut).toWellFormed().replace(/\uFFFD$/, "")}…`;
}

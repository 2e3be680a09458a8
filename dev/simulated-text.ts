// The text of a simulated answer as tokens, from the scenario and the prompt alone: a checker that knows both
// recomputes, byte for byte, what the server sent. Pure; nothing here knows of HTTP or of time.
import { answerTo } from "./simulated-answers.ts";
import { parseScenario, type Scenario } from "./simulated-scenario.ts";

/** Everything that a request says about the text, and nothing else. */
export type SimulatedPrompt = { userText: string; answerSoFar?: string };

/**
 * The content that a client of this scenario (or model name) receives in all, a fault's position respected.
 * For an ordinary answer `prompt` is the text of the last user message. Throws on a malformed model name.
 */
export function expectedText(scenarioOrModel: Scenario | string, prompt: string = ""): string {
  const scenario = toScenario(scenarioOrModel);
  const sent = tokensBeforeFault(scenario) - scenario.reasoningTokens;
  const content = contentTokens(scenario, { userText: prompt });
  return content.slice(0, Math.max(0, Math.min(content.length, sent))).join("");
}

/** The reasoning that comes before the content. */
export function expectedReasoning(scenarioOrModel: Scenario | string): string {
  const scenario = toScenario(scenarioOrModel);
  return reasoningTokens(scenario)
    .slice(0, Math.min(scenario.reasoningTokens, tokensBeforeFault(scenario)))
    .join("");
}

export function contentTokens(scenario: Scenario, prompt: SimulatedPrompt): string[] {
  switch (scenario.text) {
    case "words":
      return words(scenario.seed, scenario.tokens);
    case "unicode":
      return awkward(scenario.seed, scenario.tokens, (text) => [...text]);
    case "surrogates":
      return awkward(scenario.seed, scenario.tokens, (text) => text.split(""));
    case "answer": {
      const whole = answerTo(prompt.userText, scenario.seed);
      const soFar = prompt.answerSoFar ?? "";
      // Asked to go on after its own cut answer, the model goes on exactly there.
      return splitIntoTokens(
        whole.length > soFar.length && whole.startsWith(soFar) ? whole.slice(soFar.length) : whole,
      );
    }
  }
}

export function reasoningTokens(scenario: Scenario): string[] {
  return scenario.reasoningTokens === 0 ? [] : words(scenario.seed ^ REASONING_SEED, scenario.reasoningTokens);
}

/** How many tokens leave before the fault; Infinity without a fault that has a position. */
function tokensBeforeFault(scenario: Scenario): number {
  if (scenario.fault === null) return Number.POSITIVE_INFINITY;
  if ("after" in scenario.fault) return scenario.fault.after;
  return scenario.fault.type === "html" || scenario.fault.type === "status" ? 0 : Number.POSITIVE_INFINITY;
}

/** Pieces of about four characters, as real tokenizers cut: a word's blank goes with the word. */
export function splitIntoTokens(text: string): string[] {
  return text.match(/\s?[\p{L}\p{N}\p{M}]{1,6}|\s+|[^\s\p{L}\p{N}\p{M}]+/gu) ?? [];
}

/** mulberry32: small, seeded, the same on every machine. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const REASONING_SEED = 0x5eed; // So that reasoning and content of one seed differ.

const vocabulary = (
  "log edge cursor stream token writer reader offset river stone copper signal quiet amber lantern harbour meadow orbit " +
  "paper thread window garden winter letter bridge mirror engine valley compass island feather marble cedar ocean violet " +
  "the a one each every some and then with under over beside keeps finds turns carries follows holds draws opens"
).split(" ");

function words(seed: number, count: number): string[] {
  const random = createRandom(seed);
  const tokens: string[] = [];
  let sentenceLeft = 0;
  for (let k = 0; k < count; k++) {
    const word = vocabulary[Math.floor(random() * vocabulary.length)] ?? "log";
    if (sentenceLeft > 0) {
      tokens.push(sentenceLeft === 1 ? ` ${word}.` : ` ${word}`);
      sentenceLeft--;
      continue;
    }
    const opening = word.charAt(0).toUpperCase() + word.slice(1);
    tokens.push(k === 0 ? opening : random() < 0.2 ? `\n\n${opening}` : ` ${opening}`);
    sentenceLeft = 4 + Math.floor(random() * 12);
  }
  return tokens;
}

// What breaks naive code: joiners, flags, modifiers, combining marks, CRLF, separators, quotes, right-to-left, astral letters.
const awkwardPieces = [
  "👩‍👩‍👧‍👦",
  "👍🏽",
  "🇪🇺",
  "e\u0301",
  "n\u0303o",
  "日本語",
  "\r\n",
  "العربية",
  "नमस्ते",
  "𝒳𝓎",
  "\u2028",
  '\\"',
  "</script>",
  "\t",
  "한국어",
  "Z\u0351\u034b\u0300",
  "🏳️‍🌈",
  "a",
  " ",
  "ß",
  "\u00a0",
  "data: ",
  "\n\n",
  "ﷺ",
  "👨🏾‍🚀",
];

function awkward(seed: number, count: number, split: (text: string) => string[]): string[] {
  const random = createRandom(seed);
  const tokens: string[] = [];
  let pending: string[] = [];
  while (tokens.length < count) {
    while (pending.length < 3) {
      pending = pending.concat(split(awkwardPieces[Math.floor(random() * awkwardPieces.length)] ?? "a"));
    }
    tokens.push(pending.splice(0, 1 + Math.floor(random() * 3)).join(""));
  }
  // The whole text is well-formed Unicode even where its tokens are not: a half pair at the end is completed.
  const last = tokens.at(-1) ?? "";
  const next = pending[0] ?? "";
  if (/[\uD800-\uDBFF]$/.test(last) && /^[\uDC00-\uDFFF]/.test(next)) tokens[tokens.length - 1] = last + next;
  return tokens;
}

function toScenario(scenarioOrModel: Scenario | string): Scenario {
  if (typeof scenarioOrModel !== "string") return scenarioOrModel;
  const parsed = parseScenario(scenarioOrModel);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.scenario;
}

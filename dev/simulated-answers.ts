// What the simulated model says: Markdown chosen by the message, the same every time, quoting a piece of the message
// back, and saying in every answer that no real model was asked and how to connect one. Pure.
import { findSum } from "./simulated-arithmetic.ts";
import { introduce, showMarkdown, writeAtLength } from "./simulated-pages.ts";
import { chooseSnippet } from "./simulated-snippets.ts";

/** Ends every answer. */
export const SIMULATED_NOTE =
  "> **Simulated.** This answer comes from a simulated model running on this machine; no AI was asked. " +
  "To talk to a real one, start Brink with `OPENAI_BASE_URL`, `OPENAI_API_KEY` and `OPENAI_MODEL` set.";

export function answerTo(message: string, seed: number = 0): string {
  const kind = kinds.find(({ asks }) => asks(message));
  // A hash of the message varies the answers within a kind, yet the same message always gets the same one.
  const variant = hash(message) + seed;
  return `${(kind ?? { answer: reflect }).answer(message, variant)}\n\n${SIMULATED_NOTE}`;
}

type Kind = { asks(message: string): boolean; answer(message: string, variant: number): string };

const matches =
  (pattern: RegExp) =>
  (message: string): boolean =>
    pattern.test(message);

// In order: the first that fits answers.
const kinds: Kind[] = [
  {
    asks: matches(/^\s*(hi|hello|hey|hallo|hola|bonjour|ciao|moin|servus|good (morning|evening|day))\b.{0,40}$/i),
    answer: greet,
  },
  { asks: matches(/^\s*(thanks|thank you|thx|danke|merci|bye|goodbye|see you)\b.{0,40}$/i), answer: takeLeave },
  {
    asks: matches(/\b(who|what) are you\b|\bwhat can you do\b|^\s*help\s*\W*$|\bare you (real|an ai|human)\b/i),
    answer: introduce,
  },
  {
    asks: matches(
      /\b(everything|all|show|test|try).{0,20}\bmarkdown\b|\bmarkdown\b.{0,20}\b(everything|features|demo|test)\b/i,
    ),
    answer: showMarkdown,
  },
  {
    asks: matches(/\b(long|essay|detailed|1000 words|article)\b/i),
    answer: (message) => writeAtLength(quote(message)),
  },
  { asks: matches(/\btable\b|\bcompare\b|\bspreadsheet\b/i), answer: tabulate },
  {
    asks: matches(
      /\b(code|function|program|script|implement|regex|class|snippet|algorithm|python|rust|golang|typescript|javascript|sql|bash|html|css|json)\b/i,
    ),
    answer: program,
  },
  { asks: (message) => findSum(message) !== null, answer: calculate },
  {
    asks: matches(
      /\b(maths?|equation|formula|integral|derivative|theorem|proof|prove|calculus|algebra|latex|quadratic)\b/i,
    ),
    answer: derive,
  },
  {
    asks: matches(/\b(list|steps?|plan|how (do|can|to)|checklist|ideas|tips|todo|recipe|organi[sz]e)\b/i),
    answer: plan,
  },
  { asks: matches(/\b(poem|haiku|story|song|verse|joke|quote|sonnet|limerick)\b/i), answer: write },
  { asks: matches(/\b(emoji|emojis|smile|party|celebrate)\b|^\p{Extended_Pictographic}/iu), answer: celebrate },
  { asks: matches(/\b(translate|summari[sz]e|rewrite|proofread|correct)\b/i), answer: declineHonestly },
];

function greet(_message: string, variant: number): string {
  return pick(variant, [
    "Hello! 👋 I am Brink's simulated model, so I know little but answer at once.\n\nTry me with:\n\n- *“write a Python function”*\n- *“make a table of the planets”*\n- *“what is 12 * (3 + 4)?”*\n- *“show me everything in Markdown”*",
    "Hi there! 🌊 Nice to meet you at the brink.\n\nI am a stand-in without a mind, but the stream you are reading is real. **Reload this page while I am still talking**, or open it in a second tab: not a letter will be lost.\n\nThen ask me for some *code*, a *table* or a *long essay*.",
    "Good to see you! I am the simulated model.\n\n1. Ask me for something **long**\n2. Press *Stop*, or close the tab, in the middle\n3. Come back, and see what is here\n\nThat is what Brink is about. ✨",
  ]);
}

function takeLeave(): string {
  return "You are welcome! 🌿 The conversation stays where it is; come back whenever you like.";
}

function program(message: string): string {
  const { title, fence, code, why } = chooseSnippet(message);
  return `You asked for ${quote(message)}. I cannot write that for you, being simulated, but here is ${title}:

\`\`\`${fence}
${code}
\`\`\`

**Why it works.** ${why}`;
}

function tabulate(message: string, variant: number): string {
  const words = [...new Set(message.match(/[\p{L}\p{M}]{2,24}/gu) ?? [])].slice(0, 8);
  if (/planet|solar|space/i.test(message) || words.length < 3 || (variant % 2 === 0 && !/word/i.test(message))) {
    return `Here is a table, in answer to ${quote(message)}:

| Planet | Moons known | A day lasts | Note |
| :-- | --: | --: | :-- |
| Mercury | 0 | 59 d | smallest |
| Venus | 0 | 243 d | turns backwards |
| Earth | 1 | 24 h | you are here 🌍 |
| Mars | 2 | 24.6 h | has the highest volcano |
| Jupiter | over 90 | 9.9 h | largest |
| Saturn | over 140 | 10.7 h | would float |
| Uranus | 28 | 17.2 h | lies on its side |
| Neptune | 16 | 16.1 h | windiest |

A day here is one turn against the stars. If you meant another table, a real model will know better.`;
  }
  const rows = words.map((word) => `| ${word} | ${[...word].length} | ${[...word].toReversed().join("")} |`);
  return `I do not know the facts, so here is a table of what I do know: the words of your message.

| Word | Letters | Backwards |
| :-- | --: | :-- |
${rows.join("\n")}

That makes **${words.length}** different words.`;
}

function calculate(message: string): string {
  const sum = findSum(message);
  if (sum === null) return reflect(message, 0);
  const value = Number(sum.value.toPrecision(12));
  const typeset = sum.expression.replace(/\s*\*\s*/g, " \\cdot ").replace(/\^\s*(-?[\d.]+)/g, "^{$1}");
  return `That one I can do, simulated or not:

$$
${typeset} = ${value}
$$

So the answer is **${value}**.${Number.isInteger(sum.value) ? "" : " (Rounded to twelve digits where it does not come out even.)"}`;
}

function derive(message: string): string {
  return `You asked about ${quote(message)}. Here is a derivation that I know by heart, the sum of the first $n$ numbers.

Write it twice, once backwards:

$$
2S = \\sum_{k=1}^{n} \\bigl(k + (n + 1 - k)\\bigr) = n(n+1)
$$

so that

$$
S = \\frac{n(n+1)}{2}
$$

**Check:** for $n = 100$ this gives $5050$, as young Gauss is said to have found at once.

And because a page should show a square root too: $x_{1,2} = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}$.`;
}

function plan(message: string): string {
  return `A plan for ${quote(message)}, as far as one fits everything:

1. **Say what done means.** One sentence that somebody else could check.
2. **Find the part that may fail**, and begin there:
   - what do you not know yet?
   - who does?
3. **Make the smallest thing that works** from end to end.
4. **Look at it** before you add anything.

And to tick off:

- [x] asked a simulated model
- [ ] connected a real one
- [ ] asked again`;
}

function write(message: string, variant: number): string {
  const haiku =
    "A haiku:\n\n> Words come drop by drop;  \n> the tab is closed, they flow on.  \n> Look: they waited here.\n\n— *the simulated poet*";
  const story =
    "A very short story:\n\n> The last token of the night set out with no reader left to meet it. It stood in the log, at the offset it had been given, and waited. In the morning somebody opened a laptop. “There you are,” said the token, and the sentence ended.";
  const joke = `A joke, for ${quote(message)}:\n\n> — Knock, knock.  \n> — Who's there?  \n> — \`data: [DONE]\`.  \n> — … But you never said \`finish_reason\`!\n\n*(It is funnier at three in the morning.)*`;
  if (/joke/i.test(message)) return joke;
  if (/story/i.test(message)) return story;
  if (/poem|haiku|verse|sonnet/i.test(message)) return haiku;
  return pick(variant, [haiku, story, joke]);
}

function celebrate(): string {
  return "🎉 🥳 🎈\n\nSome that are hard to cut in two, on purpose: 👩‍👩‍👧‍👦 (seven code points), 👍🏽 (two), 🇪🇺 (two), 🏳️‍🌈 (four), e\u0301 (two, though it looks like one).\n\nWhatever the network did to them on the way, they should stand here whole. ✨";
}

function declineHonestly(message: string): string {
  return `I would have to understand ${quote(message)} for that, and I do not: I am simulated.

What I can say of your message: it has **${[...message].length}** characters and **${(message.match(/\S+/g) ?? []).length}** words.`;
}

function reflect(message: string, variant: number): string {
  if (message.trim() === "") return "You sent an empty message, and I have no opinion on silence. 🙂";
  const question = /\?\s*$/.test(message);
  return pick(variant, [
    `You ${question ? "asked" : "wrote"}: ${quote(message)}.\n\nI do not understand it, but I can tell you that it has **${[...message].length}** characters, that it arrived whole, and that this answer is *streamed* to you piece by piece.\n\nAsk me for **code**, a **table**, some **maths**, a **plan** or something **long**, and I will make an effort.`,
    `${quote(message)}: ${question ? "a good question, and one for a better model than me" : "noted"}.\n\nWhile you are here, three things worth trying:\n\n1. Send me something *long* and **reload** in the middle.\n2. Open this conversation in a **second tab** and watch both.\n3. Press **Stop**, then continue.`,
    `On ${quote(message)} I can offer only a thought that fits most things:\n\n> What we observe is not nature itself, but nature exposed to our method of questioning.\n>\n> — Werner Heisenberg\n\nA real model would have more to say. I can do *code*, *tables*, *sums* and *poems*.`,
  ]);
}

/** The first words of the message, safe inside a line of Markdown. */
function quote(message: string): string {
  const line = message.replace(/\s+/g, " ").trim();
  const points = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(line.slice(0, 400))];
  const piece = points
    .slice(0, 60)
    .map((point) => point.segment)
    .join("");
  return `“${piece.replace(/[\\`*_{}[\]<>#|~$!]/g, "\\$&")}${piece.length < line.length ? "…" : ""}”`;
}

function pick(variant: number, answers: [string, ...string[]]): string {
  return answers[variant % answers.length] ?? answers[0];
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

// The longer things that the simulated model has to say, kept apart from how it chooses between them.

export function introduce(): string {
  return `I am **not** a language model. I am a few hundred lines of TypeScript that choose a prepared answer by the words in your message, so that Brink can be tried without a key.

| Ask for | and you get |
| --- | --- |
| code, in a language you name | a small program that runs |
| a table | one, sometimes about your own words |
| a sum such as \`(17 + 4) * 2\` | the right result, really worked out |
| maths | a short derivation |
| a list or a plan | steps to tick off |
| a poem, a story, a joke | something to smile at |
| something long | enough text to try *Stop*, reload and second tabs |`;
}

export function showMarkdown(): string {
  return `# Everything at once

Plain, **bold**, *italic*, ~~struck~~ and \`inline code\`, with a [link](https://www.rfc-editor.org/rfc/rfc9457).

## Lists

- one
  - nested
    - deeper
- [x] done
- [ ] to do

1. first
2. second

## A quote

> Simplicity is prerequisite for reliability.
>
> — Edsger W. Dijkstra

## A table

| left | centre | right |
| :-- | :-: | --: |
| a | b | 1 |
| long cell | *b* | 1,000 |

## Code

\`\`\`ts
const greeting: string = "hello";
console.log(\`\${greeting} 👋\`);
\`\`\`

## Maths

Inline $e^{i\\pi} + 1 = 0$, and on its own:

$$
\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}
$$

---

### Unicode

日本語 · العربية · नमस्ते · Ελληνικά · 👩‍🚀 🏳️‍🌈 🇪🇺`;
}

export function writeAtLength(topic: string): string {
  const chapters = [
    [
      "The shape of it",
      "A conversation is a log. Each message is appended at the end and nothing that stands is ever changed; whoever reads may stop, go away and return, and needs to remember one thing only: how far they had come.",
    ],
    [
      "Who keeps it",
      "One place orders the log, and only that place writes. That sounds like a bottleneck and is the opposite: because there is one writer, nobody has to agree with anybody, and because each conversation has its own, they never wait for one another.",
    ],
    [
      "When the line breaks",
      "It always does. A train enters a tunnel, a laptop closes, a deploy replaces the machine. The reader comes back with its cursor, and the log answers with what is missing. There is no special case for a reload, for there is no case but this one.",
    ],
    [
      "What may be lost",
      "At most a second of text that was shown but not yet stored, and only if the machine itself dies. The writer stores as it goes; not at every token, which would be dear, nor only at the end, which would be careless.",
    ],
    [
      "Stopping",
      "A stop is a promise. Once it was acknowledged nothing more is read from the model, and no crash brings the answer back to life. What you had seen when you pressed the button is what stays.",
    ],
    [
      "Two readers, one text",
      "Open this page twice. Each tab asks for what it lacks from where it stands, and neither knows of the other. That both show the same words is no work of synchronisation: there is one log, and a position in it means the same to everybody.",
    ],
    [
      "The slow reader",
      "Somebody always reads slowly: a telephone at the edge of its cell, a tab in the background. Nothing is pushed at such a reader. It pulls when it can, from where it is, and whoever reads fast does not notice that anybody is slow.",
    ],
    [
      "The stale writer",
      "The dangerous one is not the writer that died but the one that does not know it. A machine hangs, another takes over, and then the first wakes up and goes on writing. So every write names its attempt, and a write of an earlier attempt finds nothing to write to.",
    ],
    [
      "Sending twice",
      "You press Send, the line breaks, and you do not know whether it went. Press again. The message carries a name that was given to it before it left, so the second sending finds the first, and you get one answer and one bill.",
    ],
    [
      "Remembering",
      "What is finished is told to a database, once, in its own time. Should the database be away, the log keeps what it owes and asks again later, a little less often each time. Nobody waits for that, least of all the reader.",
    ],
    [
      "Being honest",
      "An answer that was cut says so. It keeps its words, says what happened and offers to go on. The one thing that it may never do is to look complete when it is not.",
    ],
    [
      "What it costs",
      "An idle conversation should cost nothing at all: no timer, no open line, no held request. It sleeps on disk until a reader rings.",
    ],
  ];
  const body = chapters.map(([title, text], index) => `## ${index + 1}. ${title}\n\n${text}`).join("\n\n");
  return `# At length

You asked for ${topic}. I know only one subject, so here is an essay on it. It takes a while: **time to reload, to open a second tab, or to press Stop.**

${body}

## In short

- append, never change
- one writer, many readers
- a cursor is enough`;
}

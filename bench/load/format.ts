// Reads whole answers off the wire, after the measured time, and judges them: did the stream end well, and is the text
// what the model said, character by character?

import { createParser } from "eventsource-parser";
import * as z from "zod/mini";
import { textOf } from "../../protocol/events.ts";
import { parseEvent } from "../../protocol/sse.ts";
import { apply, createTranscript } from "../../protocol/transcript.ts";
import type { Format } from "./job.ts";

export type Reading = {
  text: string;
  isCached: boolean;
  failure: string | null;
  /** As Brink's end tells it. */
  outputTokens: number | null;
  generationId: string | null;
};

const firstText: Record<Format, RegExp> = {
  openai: /"content":"[^"]/,
  brink: /^event: delta$/m,
};

/** Whether some of the answer's text is in what came so far. Cheap: it is asked while the clock runs. */
export function hasText(format: Format, soFar: string): boolean {
  return firstText[format].test(soFar);
}

const textMark: Record<Format, Buffer> = {
  openai: Buffer.from('"content":"'),
  brink: Buffer.from("event: delta\n"),
};

/** The same of one chunk after the first text, without a string of it: not so of the end, nor of a sign of life. */
export function mayHoldText(format: Format, chunk: Buffer): boolean {
  return chunk.includes(textMark[format]);
}

/** The whole answer from what came over one line, or over several after cuts. Malformed data is a failure of it. */
export function readAnswer(format: Format, bodies: readonly string[]): Reading {
  try {
    return format === "openai" ? readOpenAi(bodies.join("")) : readBrink(bodies);
  } catch (error) {
    const failure = `malformed data: ${String(error).slice(0, 300)}`;
    return { text: "", isCached: false, failure, outputTokens: null, generationId: null };
  }
}

/** The last cursor of a body that was cut, where a frame of it came whole. */
export function lastCursor(body: string): string | undefined {
  const whole = body.slice(0, Math.max(0, body.lastIndexOf("\n\n")));
  return [...whole.matchAll(/^id: (.+)$/gm)].at(-1)?.[1];
}

const chunkSchema = z.object({
  choices: z.array(
    z.object({
      delta: z.object({ content: z.optional(z.nullable(z.string())) }),
      finish_reason: z.nullable(z.string()),
    }),
  ),
});

function readOpenAi(body: string): Reading {
  let text = "";
  let finishReason: string | null = null;
  let isDone = false;
  feed(body, (_, data) => {
    if (data === "[DONE]") {
      isDone = true;
      return;
    }
    const [choice] = chunkSchema.parse(JSON.parse(data)).choices;
    text += choice?.delta.content ?? "";
    finishReason ??= choice?.finish_reason ?? null;
  });
  const isWhole = finishReason === "stop" && isDone;
  const failure = isWhole ? null : "the model's stream was cut short";
  return { text, isCached: false, failure, outputTokens: null, generationId: null };
}

function readBrink(bodies: readonly string[]): Reading {
  const transcript = createTranscript();
  let failure: string | null = null;
  for (const body of bodies) {
    feed(body, (name, data) => {
      if (transcript.end !== null) failure ??= "something came after the end";
      const event = parseEvent(name, data);
      if (event === null) failure ??= `an unknown event: ${name}`;
      else if (["gap", "mismatch"].includes(apply(transcript, event))) failure ??= "a gap in the text";
    });
  }
  const { start, end, log } = transcript;
  if (end === null) failure ??= "no end came";
  else if (end.state !== "complete") failure ??= `ended as ${end.state} ${end.error?.code ?? ""}`.trimEnd();
  return {
    text: textOf(log),
    isCached: start?.cached === true,
    failure,
    outputTokens: end?.usage?.outputTokens ?? null,
    generationId: start?.generationId ?? null,
  };
}

function feed(body: string, onEvent: (name: string | undefined, data: string) => void): void {
  // What follows the last empty line is an event that was cut: it is not one.
  createParser({ onEvent: ({ event, data }) => onEvent(event, data) }).feed(body);
}

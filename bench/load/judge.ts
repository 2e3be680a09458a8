// Whether a stream brought what it should have, once the clock has stopped: the simulated model's own text, character
// by character; or, where a real model answered, the text that the conversation has stored.

import * as z from "zod/mini";
import { parseScenario } from "../../dev/simulated-scenario.ts";
import { expectedText } from "../../dev/simulated-text.ts";
import { type Reading, readAnswer } from "./format.ts";
import type { StreamRequest, StreamResult } from "./job.ts";
import type { Received } from "./stream.ts";

export async function judge(asked: StreamRequest, received: Received | undefined): Promise<StreamResult> {
  if (received === undefined) throw new Error("a request has no result");
  const { format, model, storedAt, isCached = false } = asked;
  const { bodies, failure, moments, ...rest } = received;
  const times = { ...rest, gaps: gapsOf(moments) };
  if (failure !== null) return { ...times, tokens: 0, failure };
  const reading = readAnswer(format, bodies);
  const tokens = storedAt === undefined ? expectedOf(model).tokens : (reading.outputTokens ?? 0);
  if (reading.failure !== null) return { ...times, tokens, failure: reading.failure };
  const wanted = storedAt === undefined ? expectedOf(model).text : await readStored(storedAt, asked, reading);
  if (wanted === null) return { ...times, tokens, failure: "the conversation does not hold the answer" };
  const difference = reading.text === wanted ? null : `wrong text: ${describe(reading.text, wanted)}`;
  const wrongSource = reading.isCached === isCached ? null : `cached: ${reading.isCached}, not ${isCached}`;
  return { ...times, tokens, failure: difference ?? wrongSource };
}

function gapsOf(moments: readonly number[]): number[] {
  return moments.slice(1).map((at, index) => at - (moments[index] ?? at));
}

const expected = new Map<string, { text: string; tokens: number }>();

function expectedOf(model: string): { text: string; tokens: number } {
  const parsed = parseScenario(model);
  if (!parsed.ok) throw new Error(parsed.message);
  const known = expected.get(model) ?? { text: expectedText(model), tokens: parsed.scenario.tokens };
  expected.set(model, known);
  return known;
}

const snapshotSchema = z.object({
  messages: z.array(z.object({ role: z.string(), text: z.string(), generationId: z.optional(z.string()) })),
});

const STORED_MS = 30_000;

async function readStored(url: string, { headers }: StreamRequest, { generationId }: Reading): Promise<string | null> {
  const asked = { headers: { Cookie: headers["Cookie"] ?? "" }, signal: AbortSignal.timeout(STORED_MS) };
  const stored = fetch(url, asked).then((response) => response.json());
  const parsed = snapshotSchema.safeParse(await stored.catch(() => null));
  const { messages = [] } = parsed.data ?? {};
  const answer = messages.find((message) => message.role === "assistant" && message.generationId === generationId);
  return answer?.text ?? null;
}

function describe(actual: string, wanted: string): string {
  let at = 0;
  while (at < wanted.length && actual[at] === wanted[at]) at++;
  return `${actual.length} of ${wanted.length} UTF-16 units, alike up to ${at}`;
}

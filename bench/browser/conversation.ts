// A conversation as somebody has had it: questions of many kinds, each with its answer in Markdown.

import { createGuest, newId, readStream } from "../../dev/api-client.ts";
import { expectedText } from "../../dev/simulated-llm.ts";

export type HeldConversation = {
  id: string;
  cookie: string;
  /** The text of its newest message. */
  readNewest(): Promise<string | undefined>;
};

const QUESTIONS = [
  "Tell me something that can be checked.",
  "Write a small function in TypeScript.",
  "Make a table of the planets.",
  "A list of steps, please.",
  "Show me everything in Markdown.",
];

/** `model` answers whatever is asked from now on. */
export async function writeConversation(url: string, messages: number, model: string): Promise<HeldConversation> {
  const guest = await createGuest(url);
  const id = newId();
  for (let index = 0; index < messages / 2; index++) {
    const text = QUESTIONS[index % QUESTIONS.length] ?? "";
    const { text: answer } = await readStream(await guest.send(id, { id: newId(), text, model: WRITER }));
    if (answer !== expectedText(WRITER, text)) throw new Error(`The conversation could not be written: "${answer}"`);
  }
  const changed = await guest.callJson("PATCH", `/api/conversations/${id}`, { model });
  if (!changed.ok) throw new Error(`PATCH answered ${changed.status}: ${await changed.text()}`);
  return {
    id,
    cookie: guest.cookie,
    readNewest: async () => (await guest.snapshot(id)).messages.at(-1)?.text,
  };
}

const WRITER = "brink-simulated:first=0,rate=0";

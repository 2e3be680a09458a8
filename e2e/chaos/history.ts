// What senders and readers of one conversation saw, checked against what the conversation says in the end: nothing that
// was acknowledged is missing, nothing stands twice or out of order, and everybody was shown what is stored.

import type { Message } from "../../protocol/api.ts";
import type { EndFrame } from "../../protocol/events.ts";

/** One send, as its sender knows it. */
export type Sent = { id: string; text: string; isAcknowledged: boolean };
/** One reader's end, as it stood on the screen. */
export type Shown = { generationId: string; text: string; end: EndFrame };

/** Everything that is wrong, a sentence each; empty when the history holds together. `sent` in the order of sending. */
export function checkHistory(sent: readonly Sent[], shown: readonly Shown[], messages: readonly Message[]): string[] {
  return [...checkLog(messages), ...checkSent(sent, messages), ...checkShown(shown, messages)];
}

/** The log alone: each id once, in the order of `seq`, question and answer in turn, each hung on the one before. */
function checkLog(messages: readonly Message[]): string[] {
  const faults: string[] = [];
  const ids = new Set<string>();
  messages.forEach((message, index) => {
    const before = messages[index - 1];
    if (ids.has(message.id)) faults.push(`${message.id} stands twice`);
    ids.add(message.id);
    if (before !== undefined && message.seq <= before.seq) faults.push(`${message.id} is out of order`);
    if (message.parentId !== (before?.id ?? null)) faults.push(`${message.id} does not hang on the message before it`);
    if (message.role !== (index % 2 === 0 ? "user" : "assistant")) faults.push(`${message.id} is out of turn`);
    if (message.role === "user") return;
    if (message.generationId !== before?.id) faults.push(`${message.id} answers ${message.generationId}`);
    if (message.state === "queued" || message.state === "streaming") faults.push(`${message.id} is ${message.state}`);
  });
  return faults;
}

function checkSent(sent: readonly Sent[], messages: readonly Message[]): string[] {
  const faults: string[] = [];
  const questions = messages.filter(({ role }) => role === "user");
  for (const { id, text, isAcknowledged } of sent) {
    const stored = questions.find((message) => message.id === id);
    if (stored === undefined && isAcknowledged) faults.push(`${id} was acknowledged and is lost`);
    if (stored !== undefined && stored.text !== text) faults.push(`${id} has another text than was sent`);
  }
  const order = sent.map(({ id }) => id);
  for (const { id } of questions) if (!order.includes(id)) faults.push(`${id} was never sent`);
  const places = questions.map(({ id }) => order.indexOf(id)).filter((place) => place !== -1);
  if (places.some((place, index) => place < (places[index - 1] ?? -1))) faults.push("questions changed places");
  return faults;
}

function checkShown(shown: readonly Shown[], messages: readonly Message[]): string[] {
  const faults: string[] = [];
  for (const { generationId, text, end } of shown) {
    const stored = messages.find((message) => message.role === "assistant" && message.generationId === generationId);
    if (stored === undefined) faults.push(`${generationId} was shown and is not stored`);
    else if (stored.text !== text) faults.push(`${generationId} was shown otherwise than it is stored`);
    else if (stored.state !== end.state) faults.push(`${generationId} ended as ${end.state} and is ${stored.state}`);
  }
  return faults;
}

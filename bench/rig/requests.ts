// The same question to each: to the model itself, by way of the bare pipe, to the bare object, and to Brink, where every
// stream is the first message of a new conversation.

import * as z from "zod/mini";
import { createGuest, newId } from "../../dev/api-client.ts";
import type { StreamRequest } from "../load/job.ts";
import type { Rig } from "./rig.ts";

/** Where Brink is: the rig, or a deployment. */
type Target = { brink: { url: string } };

export const QUESTION = "Tell me something that can be checked.";
const MAX_GUESTS = 20; // Streams are spread over so many people.

const JSON_TYPE = { "Content-Type": "application/json" };

export function askModel({ model: { url } }: Rig, count: number, model: string): StreamRequest[] {
  return askOpenAi(`${url}/chat/completions`, count, model);
}

export function askPipe({ pipe: { url } }: Rig, count: number, model: string): StreamRequest[] {
  return askOpenAi(url, count, model);
}

export function askObject({ object: { url } }: Rig, count: number, model: string): StreamRequest[] {
  return askOpenAi(url, count, model);
}

/** The same so many objects, however often they are asked. */
export function askKnownObjects({ object: { url } }: Rig, count: number, model: string): StreamRequest[] {
  return Array.from({ length: count }, (_, index) => askOpenAi(`${url}/${index}`, 1, model)).flat();
}

function askOpenAi(url: string, count: number, model: string): StreamRequest[] {
  const messages = [{ role: "user", content: QUESTION }];
  const body = JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true } });
  return Array.from({ length: count }, () => ({
    method: "POST",
    url,
    headers: JSON_TYPE,
    body,
    format: "openai",
    model,
  }));
}

/** `params` as the API has them, for one. */
export async function askBrink(rig: Rig, count: number, model: string, params?: object): Promise<StreamRequest[]> {
  const cookies = await createGuests(rig, Math.min(count, MAX_GUESTS));
  return Array.from({ length: count }, (_, index) =>
    send(rig, { cookie: cookies[index % cookies.length] ?? "", conversationId: newId(), model, params }),
  );
}

export async function createGuests({ brink: { url } }: Target, count: number): Promise<string[]> {
  const guests = await Promise.all(Array.from({ length: count }, () => createGuest(url)));
  return guests.map(({ cookie }) => cookie);
}

/** Follows an answer from its start. */
export function attach({ brink: { url } }: Target, { cookie, conversationId, model }: Send, id: string): StreamRequest {
  const path = `/api/conversations/${conversationId}/generations/${id}/stream`;
  return { method: "GET", url: `${url}${path}`, headers: { Cookie: cookie }, format: "brink", model };
}

/** Starts an answer that goes on by itself, and returns its generation's id. */
export async function post(rig: Rig, question: Send): Promise<string> {
  const { url, method, headers, body = null } = send(rig, question);
  const response = await fetch(url, { method, headers: { ...headers, Accept: "application/json" }, body });
  const answer = await response.text();
  if (response.status !== 202) throw new Error(`POST answered ${response.status}: ${answer.slice(0, 300)}`);
  return receiptSchema.parse(JSON.parse(answer)).generationId;
}

const receiptSchema = z.object({ generationId: z.string() });

export type Send = { cookie: string; conversationId: string; model: string; params?: object | undefined };

/** One message to a conversation, answered by a stream. */
export function send({ brink: { url } }: Target, { cookie, conversationId, model, params }: Send): StreamRequest {
  return {
    method: "POST",
    url: `${url}/api/conversations/${conversationId}/messages`,
    headers: { ...JSON_TYPE, Accept: "text/event-stream", Cookie: cookie },
    body: JSON.stringify({ id: newId(), text: QUESTION, model, ...(params !== undefined && { params }) }),
    format: "brink",
    model,
  };
}

// The way from a route to a conversation's object, and from its refusals to ours.

import type { Context } from "hono";
import { errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Answer, type ConversationCalls, type Refusal, REFUSAL_HEADER } from "../conversation/calls.ts";
import { AppError } from "./app-error.ts";
import type { AppEnv } from "./app-env.ts";

/** The object of a conversation: its name is the conversation's id, so nothing is looked up on the way. */
export function conversationOf(c: Context<AppEnv>, id: string): ConversationCalls {
  const stub: unknown = c.env.CONVERSATIONS.get(c.env.CONVERSATIONS.idFromName(id));
  return stub as ConversationCalls; // The binding's class is Conversation, which implements these calls.
}

/** @throws AppError with the object's refusal */
export function unwrap<Value>(answer: Answer<Value>): Value {
  if (!answer.ok) throw toAppError(answer.refusal);
  return answer.value;
}

/** Asks the object for a stream. @throws AppError with the object's refusal */
export async function fetchFrom(conversation: ConversationCalls, path: string, call: unknown): Promise<Response> {
  const request = new Request(`https://conversation${path}`, { method: "POST", body: JSON.stringify(call) });
  const response = await conversation.fetch(request);
  if (response.headers.has(REFUSAL_HEADER)) throw toAppError(await response.json<Refusal>());
  return response;
}

function toAppError({ code, ...details }: Refusal): AppError {
  const known: ErrorCode = Object.hasOwn(errors, code) ? code : "internal";
  return new AppError(known, details);
}

// The way from a route to a conversation's object, and from its refusals to ours.

import type { Context } from "hono";
import { errors, type ErrorCode } from "../../protocol/errors.ts";
import {
  type Answer,
  ATTACH_PATH,
  type AttachCall,
  BELL_PATH,
  type ConversationStub,
  OWNER_HEADER,
  type Refusal,
  REFUSAL_HEADER,
  REQUEST_ID_HEADER,
  writeAttachCall,
} from "../conversation/calls.ts";
import { AppError } from "./app-error.ts";
import type { AppEnv } from "./app-env.ts";

const TRIES = 3;
const RETRY_AFTER_MS = 1_000;
const PAUSE_MS = 50;

/**
 * Asks a conversation's object, and unwraps its answer. The object's name is the conversation's id, so nothing is looked
 * up on the way. A deploy or a move resets objects under their callers; every call may be repeated, so it is.
 * @throws AppError with the object's refusal, or `unavailable` when it cannot be reached
 */
export async function ask<Value>(
  c: Context<AppEnv>,
  id: string,
  call: (conversation: ConversationStub) => Promise<Answer<Value>>,
): Promise<Value> {
  const answer = await reach(c, id, call);
  if (!answer.ok) throw toAppError(answer.refusal);
  return answer.value;
}

/** Asks the object for a stream or a receipt. @throws AppError as `ask` does */
export async function fetchFrom(c: Context<AppEnv>, id: string, path: string, call: unknown): Promise<Response> {
  const body = JSON.stringify(call);
  return accept(await reach(c, id, (conversation) => conversation.fetch(`${INSIDE}${path}`, { method: "POST", body })));
}

/** Follows an answer. Asked by its address, without a body: many come back at once. @throws AppError as `ask` does */
export async function attachTo(c: Context<AppEnv>, id: string, call: AttachCall): Promise<Response> {
  const url = `${INSIDE}${ATTACH_PATH}?${writeAttachCall(call)}`;
  return accept(await reach(c, id, (conversation) => conversation.fetch(url)));
}

/** Hands a tab's WebSocket to the object. @throws AppError as `ask` does */
export async function upgradeTo(c: Context<AppEnv>, id: string, ownerId: string): Promise<Response> {
  const headers = { Upgrade: "websocket", [OWNER_HEADER]: ownerId, [REQUEST_ID_HEADER]: c.get("requestId") };
  return accept(await reach(c, id, (conversation) => conversation.fetch(`${INSIDE}${BELL_PATH}`, { headers })));
}

const INSIDE = "https://conversation";

async function reach<Result>(
  c: Context<AppEnv>,
  id: string,
  call: (conversation: ConversationStub) => Promise<Result>,
): Promise<Result> {
  const { config, random } = c.get("services");
  const { conversationLocation: locationHint } = config;
  const where = locationHint === null ? {} : { locationHint };
  for (let tries = 1; ; tries++) {
    // A stub that has failed stays failed: each try takes a fresh one.
    const stub: unknown = c.env.CONVERSATIONS.get(c.env.CONVERSATIONS.idFromName(id), where);
    try {
      return await call(stub as ConversationStub); // The binding's class is Conversation, which implements these.
    } catch (cause) {
      if (tries === TRIES || !isRetryable(cause)) {
        throw new AppError("unavailable", { cause, retryAfterMs: RETRY_AFTER_MS });
      }
      await scheduler.wait(random() * PAUSE_MS * tries); // Whatever reset it has reset many.
    }
  }
}

/** The platform marks what may be tried again; of an overloaded object more would be asked by every retry. */
function isRetryable(error: unknown): boolean {
  return (
    error instanceof Error &&
    "retryable" in error &&
    error.retryable === true &&
    !("overloaded" in error && error.overloaded === true)
  );
}

async function accept(response: Response): Promise<Response> {
  if (response.headers.has(REFUSAL_HEADER)) throw toAppError(await response.json<Refusal>());
  return response;
}

function toAppError({ code, ...details }: Refusal): AppError {
  const known: ErrorCode = Object.hasOwn(errors, code) ? code : "internal";
  return new AppError(known, details);
}

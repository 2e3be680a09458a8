// What the Worker asks of a conversation's object, and what it answers. Expected refusals are values: an error thrown
// across the boundary loses its type.

import type { GenerationRequest, Params, PatchRequest, SendRequest, StopAnswer } from "../../protocol/api.ts";
import type { StoredConversation } from "../core/owed.ts";
import type { ErrorCode } from "../../protocol/errors.ts";

export type Owner = { id: string; kind: "guest" | "member" };

export type Refusal = {
  code: ErrorCode;
  retryAfterMs?: number;
  /** With a limit: whose it is. Not told to clients. */
  by?: "user" | "address";
  /** With `busy`: the generation that is live. */
  generationId?: string;
  errors?: { path: string; message: string }[];
};

export type SendCall = {
  conversationId: string;
  owner: Owner;
  /** Names for the limiter: `ip:HMAC`, never raw. */
  address: string;
  request: SendRequest;
  params: Params;
  /** After a denial the verdict comes before the call to the model. */
  isVerdictFirst: boolean;
  /** 202 and go on alone, or a stream. */
  wantsStream: boolean;
};

export type GenerationCall = Omit<SendCall, "request"> & { request: GenerationRequest };

export type AttachCall = { ownerId: string; generationId: string; cursor: string | null };

export type SnapshotCall = { ownerId: string; since: number | null; before: number | null; limit: number };

export type Answer<Value> = { ok: true; value: Value } | { ok: false; refusal: Refusal };

/** The object's methods, as the Worker sees them. */
export type ConversationCalls = {
  /** The snapshot as JSON text, so that it crosses as one string; null when `since` is the present rev. */
  snapshot(call: SnapshotCall): Promise<Answer<string | null>>;
  stop(ownerId: string, generationId: string): Promise<Answer<StopAnswer>>;
  /** The list item as JSON text. */
  patch(ownerId: string, patch: PatchRequest): Promise<Answer<string>>;
  remove(ownerId: string): Promise<Answer<null>>;
  /** The branch that ends in a message, to begin another conversation with. */
  readBranch(ownerId: string, messageId: string): Promise<Answer<StoredConversation>>;
  /** Whether this conversation may begin as a fork that ends in a message: null, or its list item if it has begun. */
  openFork(owner: Owner, address: string, messageId: string): Promise<Answer<string | null>>;
  /** Begins this conversation with a branch. The list item as JSON text. Repeatable. */
  beginFork(owner: Owner, source: StoredConversation): Promise<Answer<string>>;
};

/** `send` and `attach` answer with a stream, so they go by `fetch`. */
export type ConversationStub = ConversationCalls & {
  fetch(url: string, init?: RequestInit): Promise<Response>;
};

export const SEND_PATH = "/send";
export const GENERATE_PATH = "/generate";
/** An upgrade has no body, so it says who asks in a header. */
export const BELL_PATH = "/bell";
export const OWNER_HEADER = "X-Brink-Owner";
export const REQUEST_ID_HEADER = "X-Request-Id";
export const ATTACH_PATH = "/attach";

export function writeAttachCall({ ownerId, generationId, cursor }: AttachCall): string {
  return new URLSearchParams({ ownerId, generationId, ...(cursor !== null && { cursor }) }).toString();
}

export function readAttachCall(query: URLSearchParams): AttachCall {
  const [ownerId, generationId] = [query.get("ownerId") ?? "", query.get("generationId") ?? ""];
  return { ownerId, generationId, cursor: query.get("cursor") };
}

/** Marks an answer of the object that is a Refusal, to be made a problem by the Worker. */
export const REFUSAL_HEADER = "X-Brink-Refusal";

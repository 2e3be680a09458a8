// What the HTTP calls take and give. Requests are schemas (zod/mini), parsed once where they arrive; answers are
// types. The web app imports types from here, never values, so that no schema reaches its bundle.

import * as z from "zod/mini";
import { isConversationId, isId } from "./cursor.ts";
import type { GenerationState, LogEntry, Usage } from "./events.ts";

/** The longest message a person may send, in UTF-16 units. */
export const MAX_TEXT_LENGTH = 100_000;
/** The longest answer that is kept, in positions. */
export const MAX_ANSWER_LENGTH = 1_048_576;
export const MAX_TITLE_LENGTH = 200;

/** U+0000 and lone surrogates become U+FFFD: Postgres refuses the first, UTF-8 has no room for the second. */
export function toStorableText(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}

const id = z.string().check(z.refine(isId, "must be a lower-case UUID"));
const text = z.pipe(z.string(), z.transform(toStorableText));
/** Any name: one that is not offered is an unknown model, however it is spelled. */
const modelName = z.string();

export const paramsSchema = z.strictObject({
  temperature: z.optional(z.number().check(z.minimum(0), z.maximum(2))),
  topP: z.optional(z.number().check(z.gt(0), z.maximum(1))),
  maxTokens: z.optional(z.int().check(z.minimum(1), z.maximum(1_000_000))),
  seed: z.optional(z.int()),
  reasoningEffort: z.optional(z.enum(["none", "minimal", "low", "medium", "high"])),
  /** Answer from the cache where the same prompt was answered within the hour; off by default. */
  cache: z.optional(z.boolean()),
});

export const sendSchema = z.strictObject({
  id,
  text: text.check(z.refine((value) => value.trim() !== "", "must not be empty")),
  parentId: z.optional(z.nullable(id)),
  model: z.optional(modelName),
  params: z.optional(paramsSchema),
});

export const generationSchema = z.strictObject({
  id,
  messageId: id,
  kind: z.enum(["regenerate", "continue"]),
  model: z.optional(modelName),
  params: z.optional(paramsSchema),
});

export const forkSchema = z.strictObject({
  id: z.string().check(z.refine(isConversationId, "must be a conversation's id")),
  messageId: id,
});

export const patchSchema = z
  .strictObject({
    title: z.optional(
      text.check(
        z.refine((value) => value.trim() !== "", "must not be empty"),
        z.refine((value) => value.length <= MAX_TITLE_LENGTH, `must be at most ${MAX_TITLE_LENGTH} UTF-16 units`),
      ),
    ),
    model: z.optional(modelName),
    system: z.optional(z.nullable(text.check(z.refine((value) => value.length <= MAX_TEXT_LENGTH, "is too long")))),
    pinned: z.optional(z.boolean()),
    archived: z.optional(z.boolean()),
    activeLeafId: z.optional(id),
  })
  .check(z.refine((patch) => Object.keys(patch).length > 0, "must change something"));

/** A whole number in a query, in plain decimals. */
const count = (minimum: number, maximum: number) =>
  z.pipe(
    z.string().check(z.regex(/^(0|[1-9][0-9]{0,14})$/, "must be a whole number")),
    z.pipe(z.transform(Number), z.number().check(z.minimum(minimum), z.maximum(maximum))),
  );

/** Of a call that takes nothing, where it has a body at all. */
export const emptySchema = z.strictObject({});

export const listQuerySchema = z.strictObject({
  cursor: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
  limit: z._default(z.optional(count(1, 100)), 30),
});

export const snapshotQuerySchema = z.strictObject({
  since: z.optional(count(0, Number.MAX_SAFE_INTEGER)),
  before: z.optional(count(1, Number.MAX_SAFE_INTEGER)),
  limit: z._default(z.optional(count(1, 200)), 50),
});

export const streamQuerySchema = z.strictObject({ from: z.optional(z.string()) });

export type Params = z.infer<typeof paramsSchema>;
export type SendRequest = z.infer<typeof sendSchema>;
export type GenerationRequest = z.infer<typeof generationSchema>;
export type ForkRequest = z.infer<typeof forkSchema>;
export type PatchRequest = z.infer<typeof patchSchema>;

export type Limits = {
  messagesPerMinute: number;
  messagesPerMinutePerAddress: number;
  liveGenerations: number;
  /** UTF-16 units. */
  textLength: number;
  readersPerConversation: number;
};

export type Model = { id: string; name: string; contextTokens: number };

export type ConfigAnswer = {
  version: string;
  /** The first is the default. */
  models: Model[];
  limits: Limits;
  features: { guests: boolean; cache: boolean };
};

export type User = { id: string; kind: "guest" | "member"; email?: string; name?: string };
export type SessionAnswer = { user: User | null; limits: Limits };

export type Message = {
  id: string;
  parentId: string | null;
  /** Order in the conversation, given by the conversation, never by a clock. */
  seq: number;
  role: "user" | "assistant";
  text: string;
  /** The message's whole log, where it holds more than the answer's text. */
  parts?: LogEntry[];
  state?: GenerationState;
  model?: string;
  generationId?: string;
  finishReason?: string;
  usage?: Usage;
  costUsd?: number;
  cached?: boolean;
  error?: { code: string; detail: string };
  createdAt: string;
};

export type Live = {
  generationId: string;
  messageId: string;
  attempt: number;
  state: GenerationState;
  cursor: string;
  text: string;
  parts?: LogEntry[];
};

export type ConversationItem = {
  id: string;
  title: string;
  model: string;
  createdAt: string;
  updatedAt: string;
  pinned: boolean;
  archived: boolean;
};

export type ListAnswer = { items: ConversationItem[]; nextCursor: string | null };

export type Snapshot = {
  id: string;
  rev: number;
  title: string;
  model: string;
  system: string | null;
  activeLeafId: string | null;
  messages: Message[];
  live: Live | null;
  /** Pass as `before` for the page of older messages; null on the oldest page. */
  nextBefore: number | null;
};

export type SendAnswer = { generationId: string; messageId: string; userMessageId: string; cursor: string };
export type StopAnswer = { state: GenerationState; length: number };

type Health = { state: "ok" | "failing" | "off"; latencyMs: number | null };
export type ReadyAnswer = { database: Health; redis: Health; providers: Health };

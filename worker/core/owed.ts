// What a conversation owes to Postgres: the rows, as values, and the port that writes them. Times in milliseconds.

import type { AnswerRecord } from "./answer.ts";
import { type EndState, lengthOf, type LogEntry } from "../../protocol/events.ts";

export type OwedConversation = {
  id: string;
  ownerId: string;
  ownerKind: "guest" | "member";
  title: string;
  model: string;
  system: string | null;
  activeLeafId: string | null;
  pinned: boolean;
  archived: boolean;
  rev: number;
  createdAt: number;
  updatedAt: number;
};

export type OwedMessage = {
  id: string;
  parentId: string | null;
  seq: number;
  role: "user" | "assistant";
  text: string;
  parts: LogEntry[] | null;
  state: EndState | null;
  model: string | null;
  generationId: string | null;
  /** The `keep` of every attempt after the first; a generation's attempt is one more than these are. */
  keeps: number[] | null;
  finishReason: string | null;
  error: string | null;
  cached: boolean;
  rev: number;
  createdAt: number;
  /** The generations that a continued message had before its newest, oldest first; null where it had none. */
  earlier: AnswerRecord[] | null;
  /** One for each of its generations that has ended. */
  usages: OwedUsage[];
};

const RUN_FRAME_LENGTH = 24; // What stands around a run in `parts`.

/** What a message weighs in a request, in UTF-16 units, about: its text, and its parts, which hold that once more. */
export function weightOf({ text, parts }: Pick<OwedMessage, "text" | "parts">): number {
  return (parts ?? []).reduce((sum, entry) => sum + RUN_FRAME_LENGTH + lengthOf(entry), text.length);
}

export type OwedUsage = {
  generationId: string;
  model: string;
  /** Null where the provider did not say, as when it was stopped. */
  inputTokens: number | null;
  outputTokens: number | null;
  costUsd: number | null;
  cached: boolean;
  createdAt: number;
};

/** What Postgres gives back of a conversation whose object has lost its storage. */
export type StoredConversation = { conversation: OwedConversation; messages: OwedMessage[] };

/** `taken`: the id is another's, or was deleted. */
export type Stored = StoredConversation | "none" | "taken";

export type Archive = {
  /** Throws when Postgres does not answer. */
  read(conversationId: string, ownerId: string): Promise<Stored>;
};

/** `data`: refused as it is, and always will be. `away`: not now. The summary holds no value of any row. */
export type WriteFailure = { kind: "data" | "away"; summary: string };

export type OutboxWriter = {
  /**
   * Has the list show a conversation, in a moment and together with others of the isolate. Calls `onSettled` with false
   * when it could not: then `write` it.
   */
  list(conversation: OwedConversation, onSettled: (isWritten: boolean) => void): void;
  /** All of it in one transaction, repeatable in any order. Null when it is written. */
  write(conversation: OwedConversation, messages: readonly OwedMessage[]): Promise<WriteFailure | null>;
  /** The same, in a moment and together with others of the isolate. */
  writeTogether(conversation: OwedConversation, messages: readonly OwedMessage[]): Promise<WriteFailure | null>;
  /** Removes the conversation for good: no row that is still under way can bring it back. Repeatable. */
  remove(conversationId: string, ownerId: string, deletedAt: number): Promise<WriteFailure | null>;
};

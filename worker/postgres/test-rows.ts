// Rows for tests, owed by conversations that there are none of.

import { newId } from "../../dev/api-client.ts";
import type { OwedConversation, OwedMessage } from "../core/owed.ts";

export const conversationOf = (change: Partial<OwedConversation> = {}): OwedConversation => ({
  id: newId(),
  ownerId: newId(),
  ownerKind: "guest",
  title: "a title",
  model: "m",
  system: null,
  activeLeafId: null,
  pinned: false,
  archived: false,
  rev: 1,
  createdAt: 1_000,
  updatedAt: 2_000,
  ...change,
});

export const messageOf = (change: Partial<OwedMessage> = {}): OwedMessage => ({
  id: newId(),
  parentId: null,
  seq: 1,
  role: "assistant",
  text: "text 😀",
  parts: null,
  state: "complete",
  model: "m",
  generationId: newId(),
  keeps: [],
  finishReason: "stop",
  error: null,
  cached: false,
  rev: 1,
  createdAt: 1_000,
  earlier: null,
  usages: [],
  ...change,
});

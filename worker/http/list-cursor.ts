// The list's cursor: where its last page ended, opaque to clients. Not a secret: the query it goes into names the owner.

import type { ConversationItem } from "../../protocol/api.ts";
import { isConversationId } from "../../protocol/cursor.ts";
import type { ListPosition } from "../postgres/conversations.ts";
import { AppError } from "./app-error.ts";

export function formatListCursor({ updatedAt, id }: ConversationItem): string {
  return `${Date.parse(updatedAt).toString(36)}-${id}`;
}

const END_OF_TIME = Date.UTC(10_000, 0); // The years that ISO 8601 writes in four digits; Postgres has few more.

/** @throws AppError bad_query */
export function parseListCursor(cursor: string): ListPosition {
  const [, time = "", id = ""] = /^([0-9a-z]{1,10})-(.+)$/.exec(cursor) ?? [];
  const updatedAt = new Date(Number.parseInt(time, 36));
  if (!isConversationId(id) || !(updatedAt.getTime() < END_OF_TIME)) {
    throw new AppError("bad_query", { errors: [{ path: "cursor", message: "is not a cursor of this list" }] });
  }
  return { updatedAt, id };
}

// A cursor names a position in one attempt of one generation: `GENERATIONID.ATTEMPT.OFFSET`, plain decimals.

export type Cursor = { generationId: string; attempt: number; offset: number };

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const uuidPattern = new RegExp(`^${UUID}$`);
const conversationPattern = new RegExp(`^(?:[a-z]{2,8}_)?${UUID}$`);
// At most fifteen digits: far past any log, and exact as a number.
const cursorPattern = new RegExp(`^(${UUID})\\.([1-9][0-9]{0,14})\\.(0|[1-9][0-9]{0,14})$`);

export function formatCursor(generationId: string, attempt: number, offset: number): string {
  return `${generationId}.${attempt}.${offset}`;
}

/** Null when it is not a cursor. Leading zeros, signs and spaces are not plain decimals. */
export function parseCursor(text: string): Cursor | null {
  const match = cursorPattern.exec(text);
  if (match === null) return null;
  const [, generationId = "", attempt = "", offset = ""] = match;
  return { generationId, attempt: Number(attempt), offset: Number(offset) };
}

/** A lower-case UUID of any version. */
export function isId(text: string): boolean {
  return uuidPattern.test(text);
}

/** A lower-case UUID, with the name of its cell before it where it has one: `eu_` + UUID. */
export function isConversationId(text: string): boolean {
  return conversationPattern.test(text);
}

// Upstash's REST protocol, outbound: replies of Redis in, JSON text out. Pure.
// With `Upstash-Encoding: base64` every string is base64, at any depth; a lone OK, numbers and null stay as they are.

/** An integer is a bigint, so that none of its 64 bits is lost on the way to JSON. */
export type RedisReply = null | bigint | Buffer | ReplyError | RedisReply[];

/** An error of Redis as a value: `ERR …`, `WRONGTYPE …`, `NOSCRIPT …`. */
export class ReplyError extends Error {}

/** One object of the answer: `{"result": …}` or `{"error": …}`. Errors are never encoded. */
export function renderReply(reply: RedisReply, isBase64: boolean): string {
  if (reply instanceof ReplyError) return renderError(reply.message);
  const isOk = reply instanceof Buffer && reply.length === 2 && reply.toString("latin1") === "OK";
  return `{"result":${isOk ? '"OK"' : render(reply, isBase64)}}`;
}

export function renderReplies(replies: readonly RedisReply[], isBase64: boolean): string {
  return `[${replies.map((reply) => renderReply(reply, isBase64)).join(",")}]`;
}

export function renderError(message: string): string {
  return JSON.stringify({ error: message });
}

function render(reply: RedisReply, isBase64: boolean): string {
  if (reply === null) return "null";
  if (typeof reply === "bigint") return String(reply);
  if (Array.isArray(reply)) return `[${reply.map((item) => render(item, isBase64)).join(",")}]`;
  const bytes = reply instanceof ReplyError ? Buffer.from(reply.message) : reply;
  return isBase64 ? `"${bytes.toString("base64")}"` : JSON.stringify(bytes.toString("utf8"));
}

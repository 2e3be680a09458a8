// One table of failures: what each is called, which status it has, whether waiting helps, and what people are told.
// Adding a row is the whole change. Nothing else in the source invents a code, a status or a public sentence.

type Failure = { status: number; retryable: boolean; message: string };

/** Refusals: a request that is answered by `application/problem+json`. */
export const errors = {
  bad_json: { status: 400, retryable: false, message: "The body is not valid JSON." },
  bad_body: { status: 400, retryable: false, message: "The body does not have the expected form; see `errors`." },
  bad_query: { status: 400, retryable: false, message: "The query does not have the expected form; see `errors`." },
  bad_cursor: { status: 400, retryable: false, message: "The cursor is malformed or belongs to another generation." },
  unknown_model: {
    status: 400,
    retryable: false,
    message: "No such model here; GET /api/config lists the models.",
  },
  unknown_parent: {
    status: 400,
    retryable: false,
    message: "The parent message is not part of this conversation; load the conversation and choose one that is.",
  },
  unknown_message: {
    status: 400,
    retryable: false,
    message: "That message is no answer of this conversation; load the conversation and choose one that is.",
  },
  unauthenticated: {
    status: 401,
    retryable: false,
    message: "No session; POST /api/session/guest starts one.",
  },
  cross_origin: {
    status: 403,
    retryable: false,
    message: "Changes with a session cookie are accepted from Brink's own pages only.",
  },
  not_found: { status: 404, retryable: false, message: "Nothing here under this address." },
  id_conflict: {
    status: 409,
    retryable: false,
    message: "This id was already used for another message; make a new id.",
  },
  busy: {
    status: 409,
    retryable: true,
    message: "An answer is still being written here; wait for its end or stop it, then send again.",
  },
  cursor_ahead: {
    status: 409,
    retryable: false,
    message: "The cursor names a position that never was; load the conversation and go on from there.",
  },
  branch_too_long: {
    status: 413,
    retryable: false,
    message: "The branch up to that message is too long to fork.",
  },
  body_too_large: { status: 413, retryable: false, message: "The body is too large." },
  text_too_long: { status: 413, retryable: false, message: "The text is too long; shorten it and send again." },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    message: "A body must be sent as `Content-Type: application/json`.",
  },
  upgrade_required: {
    status: 426,
    retryable: false,
    message: "This address speaks WebSocket; connect with `Upgrade: websocket`.",
  },
  rate_limited: { status: 429, retryable: true, message: "Too many messages; try again shortly." },
  too_many_live: {
    status: 429,
    retryable: true,
    message: "Too many answers are being written for you at once; wait for one to end.",
  },
  too_many_readers: {
    status: 429,
    retryable: true,
    message: "Too many readers follow this conversation; close a tab and try again.",
  },
  internal: { status: 500, retryable: true, message: "Something went wrong on our side; nothing was lost." },
  database_unavailable: {
    status: 503,
    retryable: true,
    message: "The database does not answer; open chats go on, lists come back with it.",
  },
  unavailable: { status: 503, retryable: true, message: "This is not available just now; try again shortly." },
} as const satisfies Record<string, Failure>;

export type ErrorCode = keyof typeof errors;

/** Why a generation ended otherwise than by completing: the `error` of an `end`. Never a status: 200 went out before. */
export const endings = {
  answer_too_long: "The answer reached the longest length that is kept.",
  crashed: "The server was interrupted while answering; it can be continued from here.",
  deleted: "The conversation was deleted.",
  internal: "Something went wrong on our side.",
  provider_bad_response: "The model's answer could not be read.",
  provider_error: "The model reported an error.",
  provider_rate_limited: "The model is taking no more requests just now; try again shortly.",
  provider_rejected: "The model refused the request; another model or a shorter conversation may help.",
  provider_stalled: "The model fell silent.",
  provider_truncated: "The model's answer broke off before its end.",
  provider_unauthorized: "The model's provider does not accept this server's key; its owner has to look.",
  provider_unreachable: "The model could not be reached; try again shortly.",
  time_limit: "The answer took longer than an answer may.",
} as const satisfies Record<string, string>;

export type EndCode = keyof typeof endings;

export function isEndCode(code: string): code is EndCode {
  return Object.hasOwn(endings, code);
}

/** The body of every refusal (RFC 9457). */
export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  requestId: string;
  retryAfterMs?: number;
  /** With `busy`: the generation that is live. */
  generationId?: string;
  errors?: { path: string; message: string }[];
};

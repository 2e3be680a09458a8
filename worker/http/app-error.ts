// A refusal on its way to `on-error.ts`. Carries a row of the table of failures and what the client may know besides.

import { type ErrorCode, errors } from "../../protocol/errors.ts";

export type Details = {
  retryAfterMs?: number;
  /** With a limit: whose it is. Not told to clients. */
  by?: "user" | "address";
  generationId?: string;
  errors?: { path: string; message: string }[];
  cause?: unknown;
};

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Details;

  constructor(code: ErrorCode, details: Details = {}) {
    super(errors[code].message, { cause: details.cause });
    this.code = code;
    this.details = details;
  }
}

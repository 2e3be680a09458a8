// AppError → problem+json: the only place that does it. Whatever else was thrown is a bug: logged, and told as
// `internal`. No stack, no secret, no library's words leave the server.

import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { type ErrorCode, errors, type Problem } from "../../protocol/errors.ts";
import { ConfigError } from "../env.ts";
import { readFailure } from "../postgres/client.ts";
import { AppError } from "./app-error.ts";
import type { AppEnv } from "./app-env.ts";

const RETRY_MS = 1_000; // Told with everything that passes by itself and names no time of its own.

export function onError(error: Error, c: Context<AppEnv>): Response {
  const failure = toAppError(error);
  if (errors[failure.code].status >= 500) logFailure(error, c);
  const { status, message, retryable } = errors[failure.code];
  const { generationId, errors: issues } = failure.details;
  const retryAfterMs = failure.details.retryAfterMs ?? (retryable ? RETRY_MS : undefined);
  const problem: Problem = {
    type: `https://brink.chat/problems/${failure.code}`,
    title: titleOf(failure.code),
    status,
    detail: message,
    code: failure.code,
    requestId: c.get("requestId"),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(generationId !== undefined && { generationId }),
    ...(issues !== undefined && { errors: issues }),
  };
  const headers = new Headers({ "Content-Type": "application/problem+json", "Cache-Control": "no-store" });
  if (failure.code === "upgrade_required") headers.set("Upgrade", "websocket");
  if (retryAfterMs !== undefined) headers.set("Retry-After", String(Math.ceil(retryAfterMs / 1_000)));
  return new Response(JSON.stringify(problem), { status, headers });
}

function toAppError(error: Error): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof HTTPException && error.status === 413) return new AppError("body_too_large");
  // The variables do not say what is needed: the log names them, the client only learns that it is not its fault.
  if (error instanceof ConfigError) return new AppError("unavailable", { cause: error });
  return new AppError("internal", { cause: error });
}

function logFailure(error: Error, c: Context<AppEnv>): void {
  // Library messages may carry rows, keys or URLs; a ConfigError is written to be read by whoever deploys.
  const detail = error instanceof ConfigError ? error.message : `${error.name} ${causeOf(error)}`.trim();
  const line = { level: "error", event: "request_failed", requestId: c.get("requestId"), path: c.req.path, detail };
  console.error(JSON.stringify({ ...line, stack: framesOf(error) }));
}

/** What was behind it: what Postgres said, or what kind of error. */
function causeOf(error: Error): string {
  const { cause } = error;
  if (error instanceof AppError && error.code === "database_unavailable") return readFailure(cause).summary;
  return cause instanceof Error ? cause.name : "";
}

/** Where it was thrown; a message may go over several lines of the stack, and quotes input. */
function framesOf(error: Error): string {
  const lines = error.stack?.split("\n") ?? [];
  return lines
    .filter((line) => line.startsWith("    at "))
    .slice(0, 5)
    .join(" | ");
}

function titleOf(code: ErrorCode): string {
  const words = code.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

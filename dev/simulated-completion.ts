// The answers that are not streams: a whole completion after the time that its tokens would take, and the faults that
// come before any stream (an error status, a page of HTML).
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { countUsage, type EncodedTokens } from "./simulated-frames.ts";
import { openAiError, type ChatRequest } from "./simulated-request.ts";
import type { RequestLog, SimulatedRequest } from "./simulated-requests.ts";
import type { Fault } from "./simulated-scenario.ts";
import type { TimerWheel, WheelEntry } from "./simulated-wheel.ts";

const RETRY_AFTER_SECONDS = "1";

const PORTAL_PAGE =
  "<!doctype html>\n<html><head><title>Sign in</title></head><body><h1>Welcome to the airport Wi-Fi</h1></body></html>\n";

export type CompletionParts = {
  response: ServerResponse;
  socket: Socket;
  id: string;
  created: number;
  request: ChatRequest;
  tokens: EncodedTokens;
  fault: Fault | null;
  startedAt: number; // on the wheel's clock
  wheel: TimerWheel;
  log: RequestLog;
  record: SimulatedRequest;
};

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

export function sendStatusFault(response: ServerResponse, status: number): void {
  const [type, code] =
    status === 429
      ? ["requests", "rate_limit_exceeded"]
      : status >= 500
        ? ["server_error", null]
        : ["invalid_request_error", null];
  if (status === 429 || status === 503) response.setHeader("retry-after", RETRY_AFTER_SECONDS);
  sendJson(
    response,
    status,
    openAiError(`The simulated model answers ${status}, as its scenario says.`, null, code, type),
  );
}

export function sendHtmlFault(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  response.end(PORTAL_PAGE);
}

export function startCompletion(parts: CompletionParts): void {
  const { response, socket, request, tokens, fault, startedAt, wheel, log, record } = parts;
  const { firstMs, tokensPerSecond } = request.scenario;
  const total = Math.min(tokens.tokens.length, request.maxTokens);
  const struck = fault !== null && (!("after" in fault) || fault.after <= total) ? fault : null;
  const sent = struck !== null && "after" in struck ? struck.after : total;
  const pacedMs = tokensPerSecond === 0 ? 0 : (sent * 1_000) / tokensPerSecond;
  const entry: WheelEntry = {
    run() {
      answer();
      return Number.POSITIVE_INFINITY;
    },
  };
  socket.once("end", leave).once("close", leave);
  wheel.schedule(entry, startedAt + firstMs + pacedMs);

  function answer(): void {
    if (struck?.type === "stall") return; // Live until the client leaves.
    socket.off("end", leave).off("close", leave);
    record.tokensSent = sent;
    log.settle(record, struck === null ? "completed" : "faulted");
    switch (struck?.type) {
      case "cut":
      case "fin":
      case "rst":
        return void socket.resetAndDestroy(); // A body with a length cannot end early and look whole.
      case "error":
        return sendStatusFault(response, 500);
      default:
        sendJson(
          response,
          200,
          completion(struck?.type === "nofinish" ? null : total < tokens.tokens.length ? "length" : "stop"),
        );
    }
  }

  function completion(finishReason: "stop" | "length" | null): unknown {
    const reasoning = tokens.text.slice(0, Math.min(total, tokens.reasoning)).join("");
    const content = tokens.text.slice(tokens.reasoning, Math.max(total, tokens.reasoning)).join("");
    const message = {
      role: "assistant",
      content,
      refusal: null,
      ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
    };
    return {
      id: parts.id,
      object: "chat.completion",
      created: parts.created,
      model: request.model,
      system_fingerprint: "simulated",
      choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
      usage: countUsage(request.promptTokens, total, Math.min(total, tokens.reasoning)),
    };
  }

  function leave(): void {
    socket.off("end", leave).off("close", leave);
    wheel.cancel(entry);
    log.settle(record, "aborted");
    socket.destroy();
  }
}

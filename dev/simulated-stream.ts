// One streamed answer: writes each token at its time and ends as the scenario says, faults included.
// Token k is due at first + k / rate on one absolute schedule, so lateness never adds up; a reader that does not read
// holds back its own stream only, and one that leaves ends it at once.
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { awkwardCut, type EncodedTokens, type Frames } from "./simulated-frames.ts";
import type { ChatRequest } from "./simulated-request.ts";
import type { RequestLog, SimulatedRequest } from "./simulated-requests.ts";
import type { Fault } from "./simulated-scenario.ts";
import type { TimerWheel, WheelEntry } from "./simulated-wheel.ts";

const MAX_BATCH = 512; // Tokens in one write without pacing: large enough to be fast, small enough to let others in.

const RESET_AFTER_MS = 20; // A reset on the heels of its bytes takes them along, and libuv reads it as a clean end.

export type StreamParts = {
  response: ServerResponse;
  socket: Socket;
  request: ChatRequest;
  tokens: EncodedTokens;
  frames: Frames;
  fault: Fault | null;
  startedAt: number; // on the wheel's clock
  wheel: TimerWheel;
  log: RequestLog;
  record: SimulatedRequest;
};

export function startStream(parts: StreamParts): void {
  const { response, socket, request, fault, startedAt, wheel, log, record } = parts;
  const { scenario } = request;
  const total = Math.min(parts.tokens.tokens.length, request.maxTokens);
  // A fault beyond the end of the answer does not strike.
  const struck = fault !== null && (!("after" in fault) || fault.after <= total) ? fault : null;
  const end = struck !== null && "after" in struck ? struck.after : total;
  const isAwkward = scenario.text === "unicode" || scenario.text === "surrogates";
  const isChunked = struck?.type !== "cut";
  const firstAt = startedAt + scenario.firstMs;
  const gapMs = scenario.tokensPerSecond === 0 ? 0 : 1_000 / scenario.tokensPerSecond;
  let sent = 0;
  let saidDone = false; // and yet holds the line open
  let held = ""; // the second half of an awkward cut, which leaves with the next write

  const entry: WheelEntry = { run };
  writeHeaders(response, isChunked);
  socket.once("end", leave).once("close", leave);
  wheel.schedule(entry, firstAt);

  function run(now: number): number {
    let payload = sent === 0 ? parts.frames.role : "";
    const batchEnd = Math.min(end, sent + MAX_BATCH);
    while (sent < batchEnd && firstAt + sent * gapMs <= now) {
      payload += parts.frames.token(parts.tokens.tokens[sent] ?? "", sent < parts.tokens.reasoning);
      sent++;
    }
    record.tokensSent = sent;
    if (sent === end) return finish(payload, now);
    if (!write(payload, isAwkward)) {
      response.once("drain", () => {
        if (record.outcome === "live") wheel.schedule(entry, now);
      });
      return Number.POSITIVE_INFINITY;
    }
    return firstAt + sent * gapMs;
  }

  /** Says when to run again, as `run` does. */
  function finish(payload: string, now: number): number {
    const { frames, tokens } = parts;
    const reason = total < tokens.tokens.length ? "length" : "stop";
    const finished = frames.finish(reason);
    const usage = frames.usage(total, Math.min(total, tokens.reasoning));
    switch (struck?.type) {
      case "nodone":
        write(payload + finished + usage);
        return close("faulted", () => response.end());
      case "nofinish":
        write(payload + usage + frames.done);
        return close("faulted", () => response.end());
      case "error":
        write(payload + frames.error);
        return close("faulted", () => response.end());
      case "cut":
        write(payload);
        return close("faulted", () => response.end());
      case "fin":
        write(payload);
        return close("faulted", () => socket.end());
      case "rst":
        write(payload);
        entry.run = reset;
        return now + RESET_AFTER_MS;
      case "stall":
        write(payload); // The request stays live until its client leaves.
        return Number.POSITIVE_INFINITY;
      case "late-fin":
        write(payload + finished + usage + frames.done);
        saidDone = true;
        return Number.POSITIVE_INFINITY;
      default: // no fault: a status and a page are answered before any stream
        write(payload + finished + usage + frames.done);
        return close("completed", () => response.end());
    }
  }

  /** False: wait until the line has drained. */
  function write(payload: string, mayHold = false): boolean {
    let bytes = held + payload;
    held = "";
    if (mayHold) {
      const cut = awkwardCut(bytes);
      held = bytes.slice(cut);
      bytes = bytes.slice(0, cut);
    }
    if (bytes === "") return true;
    return response.write(bytes, "latin1");
  }

  function close(outcome: "completed" | "faulted", end: () => void): number {
    socket.off("end", leave).off("close", leave);
    log.settle(record, outcome);
    end();
    return Number.POSITIVE_INFINITY;
  }

  function reset(): number {
    return close("faulted", () => socket.resetAndDestroy());
  }

  function leave(): void {
    socket.off("end", leave).off("close", leave);
    wheel.cancel(entry);
    // Leaving after [DONE] is what a good client does on a line that stays open.
    log.settle(record, saidDone ? "completed" : "aborted");
    socket.destroy();
  }
}

function writeHeaders(response: ServerResponse, isChunked: boolean): void {
  response.setHeader("content-type", "text/event-stream; charset=utf-8");
  response.setHeader("cache-control", "no-cache");
  if (!isChunked) {
    // Without a length the end of the line is the end of the body: what an HTTP client cannot tell from a clean end.
    response.removeHeader("transfer-encoding");
    response.setHeader("connection", "close");
  }
  response.writeHead(200);
  response.flushHeaders();
}

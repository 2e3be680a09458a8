// One stream of the load, from its request to its end. While the clock runs it only keeps what comes: reading the text
// and checking it wait until the job is over, so that the client takes as little of the machine as it can.

import { Agent, type IncomingMessage, request } from "node:http";
import { Agent as TlsAgent, request as requestTls } from "node:https";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { hasText, lastCursor, mayHoldText } from "./format.ts";
import type { Format, StreamRequest } from "./job.ts";

/** What came, and when; `bodies` has one entry a line. */
export type Received = {
  sentAt: number;
  firstAt: number | null;
  endedAt: number;
  /** When text came, from the first on: what comes within a millisecond comes at once. */
  moments: number[];
  bodies: string[];
  failure: string | null;
};

type Line = Omit<Received, "bodies"> & { body: string };
type Call = Pick<StreamRequest, "method" | "url" | "headers" | "body" | "format">;

export function now(): number {
  return performance.timeOrigin + performance.now();
}

export async function waitUntil(at: number): Promise<void> {
  await sleep(Math.max(0, at - now()));
}

export type Agents = {
  plain: Agent;
  tls: TlsAgent;
  /** What waits, each with how it is ended as a failure. */
  waiting: Set<(failure: string) => void>;
  /** Ends what waits; from then on whatever is asked fails at once. */
  giveUp(): void;
  isLate(): boolean;
  close(): void;
};

export const LATE = "not ended in time";

/** Lines are kept, as many as there are: which of them a stream takes is not what is measured. */
export function createAgents(): Agents {
  const options = { keepAlive: true, maxFreeSockets: Number.POSITIVE_INFINITY };
  const plain = new Agent(options);
  const tls = new TlsAgent(options);
  const waiting = new Set<(failure: string) => void>();
  let isLate = false;
  return {
    plain,
    tls,
    waiting,
    giveUp() {
      isLate = true;
      for (const fail of waiting) fail(LATE);
    },
    isLate: () => isLate,
    close() {
      plain.destroy();
      tls.destroy();
    },
  };
}

/** Never rejects: what went wrong is in `failure`. */
export async function receive(asked: StreamRequest, agents: Agents, jobStart: number): Promise<Received> {
  const { cut } = asked;
  if (cut === undefined) {
    const { body, ...line } = await receiveLine(asked, agents);
    return { ...line, bodies: [body] };
  }
  const cutting = new AbortController();
  const first = receiveLine(asked, agents, cutting.signal);
  await Promise.race([first, waitUntil(jobStart + cut.atMs)]);
  cutting.abort();
  const { body, failure } = await first;
  if (failure !== null) return { ...(await first), bodies: [body] };
  await waitUntil(jobStart + cut.resumeAtMs);
  const cursor = lastCursor(body);
  const headers = { ...asked.headers, ...(cursor !== undefined && { "Last-Event-ID": cursor }) };
  const rest = await receiveLine({ method: "GET", url: cut.url, headers, format: asked.format }, agents);
  return { ...rest, bodies: [body, rest.body] };
}

function receiveLine(call: Call, agents: Agents, cut?: AbortSignal): Promise<Line> {
  const { plain, tls, waiting } = agents;
  const sentAt = now();
  const moments: number[] = [];
  const refused = { sentAt, firstAt: null, endedAt: sentAt, moments, body: "", failure: LATE };
  if (agents.isLate()) return Promise.resolve(refused);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let firstAt: number | null = null;
    let head = "";
    // Several events may say that it is over: the first of them is right.
    const settle = (failure: string | null) => {
      if (!waiting.delete(fail)) return;
      const endedAt = now();
      resolve({ sentAt, firstAt, endedAt, moments, body: Buffer.concat(chunks).toString("utf8"), failure });
    };
    const onResponse = (response: IncomingMessage) => {
      const { statusCode } = response;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        if (firstAt !== null) {
          noteMoment(moments, call.format, chunk);
          return;
        }
        head += chunk.toString("latin1");
        if (!hasText(call.format, head)) return;
        firstAt = now();
        moments.push(firstAt);
      });
      response.on("end", () => settle(statusCode === 200 ? null : `status ${statusCode}: ${head.slice(0, 300)}`));
      response.on("error", (error) => settle(cut?.aborted === true ? null : error.message));
      response.on("close", () => settle(cut?.aborted === true ? null : "the line was closed"));
    };
    const options = { method: call.method, headers: call.headers };
    const sent = call.url.startsWith("https:")
      ? requestTls(call.url, { ...options, agent: tls }, onResponse)
      : request(call.url, { ...options, agent: plain }, onResponse);
    sent.on("error", (error) => settle(cut?.aborted === true ? null : error.message));
    cut?.addEventListener("abort", () => sent.destroy());
    const fail = (failure: string) => {
      settle(failure);
      sent.destroy();
    };
    waiting.add(fail);
    sent.end(call.body);
  });
}

const AT_ONCE_MS = 1;

/** No more than a look and a number for each chunk, since they come by the hundred thousand. */
function noteMoment(moments: number[], format: Format, chunk: Buffer): void {
  if (!mayHoldText(format, chunk)) return;
  const at = now();
  if (at - (moments.at(-1) ?? 0) > AT_ONCE_MS) moments.push(at);
}

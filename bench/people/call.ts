// One plain call of a person's: asked, read to its end, and timed.

import { type IncomingMessage, request } from "node:http";
import { request as requestTls } from "node:https";
import { type Agents, LATE, now } from "../load/stream.ts";

export type Call = { method: "GET" | "POST"; url: string; cookie: string | null };

export type Answered = {
  at: number;
  endedAt: number;
  /** Null: nothing whole came back. */
  status: number | null;
  body: string;
  /** What the answer sets, without its attributes. */
  cookie: string | null;
  error: string | null;
};

/** Never rejects: what went wrong is in `error`. */
export function call({ method, url, cookie }: Call, agents: Agents): Promise<Answered> {
  const { plain, tls, waiting } = agents;
  const at = now();
  const refused: Answered = { at, endedAt: at, status: null, body: "", cookie: null, error: LATE };
  if (agents.isLate()) return Promise.resolve(refused);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const settle = (response: IncomingMessage | null, error: string | null) => {
      if (!waiting.delete(fail)) return;
      resolve({
        at,
        endedAt: now(),
        status: error === null ? (response?.statusCode ?? null) : null,
        body: Buffer.concat(chunks).toString("utf8"),
        cookie: response?.headers["set-cookie"]?.[0]?.split(";", 1)[0] ?? null,
        error,
      });
    };
    const onResponse = (response: IncomingMessage) => {
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => settle(response, null));
      response.on("error", (error) => settle(null, error.message));
      response.on("close", () => settle(null, "the line was closed"));
    };
    const options = { method, headers: cookie === null ? {} : { Cookie: cookie } };
    const sent = url.startsWith("https:")
      ? requestTls(url, { ...options, agent: tls }, onResponse)
      : request(url, { ...options, agent: plain }, onResponse);
    sent.on("error", (error) => settle(null, error.message));
    const fail = (failure: string) => {
      settle(null, failure);
      sent.destroy();
    };
    waiting.add(fail);
    sent.end();
  });
}

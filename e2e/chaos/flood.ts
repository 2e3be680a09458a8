// A model that says more at once than a line's buffers swallow, and then goes on at a walking pace: so that a reader who
// takes nothing really stalls, and the others have something to be slowed in.

import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

export type Flood = { url: string; model: string; text: string; close(): Promise<void> };

// Nearly the longest answer that is kept. In JSON each of these takes six bytes: 6.2 MB, where a loopback socket that
// nobody reads swallows 3.9.
const BURST = "\u0001".repeat(1_040_000);
const PIECE = 1_000;
const WORDS = 250;
const WORD_MS = 10;

export async function startFlood(): Promise<Flood> {
  const server = createServer((request, response) => {
    request.resume();
    request.once("end", () => void answer(response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the flood has no port");
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    model: "flood",
    text: BURST + Array.from({ length: WORDS }, (_, index) => wordOf(index)).join(""),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (let at = 0; at < BURST.length; at += PIECE) await say(response, { content: BURST.slice(at, at + PIECE) });
  for (let index = 0; index < WORDS; index++) {
    await delay(WORD_MS);
    await say(response, { content: wordOf(index) });
  }
  await say(response, {}, "stop");
  response.end("data: [DONE]\n\n");
}

async function say(response: ServerResponse, delta: object, finishReason: string | null = null): Promise<void> {
  const chunk = { id: "flood", object: "chat.completion.chunk", created: 0, model: "flood" };
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  if (!response.write(`data: ${JSON.stringify({ ...chunk, choices })}\n\n`)) await once(response, "drain");
}

function wordOf(index: number): string {
  return ` word ${index}`;
}

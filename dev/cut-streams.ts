// Recorded streams of providers from a raw socket, cut after any byte of their body: an HTTP server would not let go in
// the middle of a chunk. What is cut, where and how rides in the path: /STREAM/CUT/BYTES/chat/completions.

import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join, parse } from "node:path";

export type CutStreams = { url: string; close(): Promise<void> };

const RECORDED = join(import.meta.dirname, "..", "worker", "llm", "recorded");
// `fin` in a chunked body is an end that HTTP can tell from a clean one; in a body that lasts until the line closes
// (`close`) it is the clean end. `rst` is a reset, in a body of that second kind.
const ASKED = /^POST \/(?<stream>[a-z]+)\/(?<cut>fin|close|rst)\/(?<bytes>[0-9]+)\/chat\/completions HTTP\/1\.1\r\n/;
const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n";

export async function startCutStreams(): Promise<CutStreams> {
  const names = readdirSync(RECORDED);
  const streams = new Map(names.map((name) => [parse(name).name, readFileSync(join(RECORDED, name))]));
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy()); // Its reader left first.
    let request = "";
    socket.on("data", (chunk) => {
      request += chunk.toString("latin1");
      if (isWhole(request)) answer(socket, request);
    });
    socket.once("end", () => socket.end());
  });

  function answer(socket: Socket, request: string): void {
    const { stream = "", cut = "", bytes = "" } = ASKED.exec(request)?.groups ?? {};
    const recorded = streams.get(stream);
    if (recorded === undefined) return void socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    const reply = cut === "fin" ? chunkedReply(recorded, Number(bytes)) : plainReply(recorded, Number(bytes));
    if (cut !== "rst") return void socket.end(reply);
    socket.write(reply, () => socket.resetAndDestroy());
  }

  server.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the recorded streams have no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** A request that is still being sent must not be answered: a line that closes on unread bytes is reset. */
function isWhole(request: string): boolean {
  const end = request.indexOf("\r\n\r\n");
  const length = /\r\ncontent-length: *([0-9]+)\r\n/i.exec(request.slice(0, end + 2))?.[1] ?? "0";
  return end >= 0 && request.length - end - 4 >= Number(length);
}

function plainReply(recorded: Buffer, bytes: number): Buffer {
  return Buffer.concat([Buffer.from(`${HEAD}Connection: close\r\n\r\n`), recorded.subarray(0, bytes)]);
}

/** A chunk for each event, as providers send them; the last one is promised whole and cut. */
function chunkedReply(recorded: Buffer, bytes: number): Buffer {
  const parts: Uint8Array[] = [Buffer.from(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)];
  let at = 0;
  for (const event of recorded.toString("latin1").split(/(?<=\r?\n\r?\n)/)) {
    if (at >= bytes) break;
    parts.push(
      Buffer.from(`${event.length.toString(16)}\r\n`),
      recorded.subarray(at, Math.min(at + event.length, bytes)),
    );
    at += event.length;
    if (at <= bytes) parts.push(Buffer.from("\r\n"));
  }
  return Buffer.concat(parts);
}

// Upstash Redis at home: its REST protocol over HTTP, so that the real @upstash/redis and @upstash/ratelimit work
// unchanged, in front of a Valkey inside this process or of a real Redis. Loopback only.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createEngine, EngineUnreachable, type Engine } from "./upstash-engine.ts";
import { renderError, renderReplies, renderReply, ReplyError } from "./upstash-reply.ts";
import { parseRest } from "./upstash-request.ts";
import { startEmbeddedValkey, type EmbeddedValkey } from "./upstash-valkey.ts";

export type RedisEngine = { type: "embedded" } | { type: "server"; url: string };

export type UpstashGateway = {
  url: string; // UPSTASH_REDIS_REST_URL
  token: string; // UPSTASH_REDIS_REST_TOKEN
  close(): Promise<void>;
};

export type UpstashGatewayOptions = {
  engine: RedisEngine;
  port?: number;
  latencyMs?: number; // added to every request, as if Redis stood that far away
  token?: string;
};

const MAX_BODY_BYTES = 16 * 1024 * 1024; // Upstash itself takes 10 MB at most.
const KEEP_ALIVE_MS = 120_000; // Longer than clients keep idle lines, so that none is closed under a request.

/** Throws one sentence, without any password, where the server does not answer. */
export async function startUpstashGateway(options: UpstashGatewayOptions): Promise<UpstashGateway> {
  const { latencyMs = 0, token = randomBytes(24).toString("hex") } = options;
  const valkey = options.engine.type === "embedded" ? await startEmbeddedValkey() : null;
  const engine = createEngine(options.engine.type === "server" ? { url: options.engine.url } : pick(valkey));
  const server = createServer({ noDelay: true, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!request.complete) return; // Its client left before it was whole.
      console.error(error);
      if (!response.headersSent) send(response, 500, renderError("ERR the gateway failed"));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const url = new URL(request.url ?? "/", "http://localhost");
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? url.searchParams.get("_token");
    if (given === null || !isSame(given, token)) return send(response, 401, renderError("Unauthorized"));
    if (body === null) return send(response, 413, renderError("ERR max request size exceeded"));
    const parsed = parseRest({ method: request.method ?? "", path: url.pathname, query: url.searchParams, body });
    if (parsed.type === "refused") return send(response, parsed.status, renderError(parsed.error));
    if (latencyMs > 0) await sleep(latencyMs);
    const isBase64 = request.headers["upstash-encoding"] === "base64";
    try {
      switch (parsed.type) {
        case "command": {
          const [reply = null] = await engine.run([parsed.command]);
          return send(response, reply instanceof ReplyError ? 400 : 200, renderReply(reply, isBase64));
        }
        case "pipeline":
          return send(response, 200, renderReplies(await engine.run(parsed.commands), isBase64));
        case "transaction": {
          const replies = await engine.transact(parsed.commands);
          if (replies instanceof ReplyError) return send(response, 400, renderError(replies.message));
          return send(response, 200, renderReplies(replies, isBase64));
        }
      }
    } catch (error) {
      if (!(error instanceof EngineUnreachable)) throw error;
      send(response, 503, renderError(`ERR the Redis behind this gateway does not answer: ${error.message}`));
    }
  }

  async function close(): Promise<void> {
    engine.close();
    if (server.listening) {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    }
    await valkey?.close();
  }

  try {
    await check(engine, options.engine);
    server.listen({ host: "127.0.0.1", port: options.port ?? 0 });
    await once(server, "listening");
  } catch (error) {
    await close();
    throw error;
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the Upstash gateway has no port");
  return { url: `http://127.0.0.1:${address.port}`, token, close };
}

function pick(valkey: EmbeddedValkey | null): { port: number; password: string } {
  if (valkey === null) throw new Error("the embedded Valkey was not started");
  return { port: valkey.port, password: valkey.password };
}

async function check(engine: Engine, which: RedisEngine): Promise<void> {
  const where = which.type === "server" ? `Redis at ${withoutPassword(which.url)}` : "The embedded Valkey";
  const [reply] = await engine.run([["PING"]]).catch((error: unknown) => {
    throw new Error(`${where} does not answer: ${error instanceof Error ? error.message : String(error)}.`);
  });
  if (reply instanceof ReplyError) throw new Error(`${where} refuses to serve: ${reply.message}.`);
}

function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return "a malformed REDIS_URL";
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** By digest, so that neither length nor content shows in the time it takes. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** The body as text, or null where it is too large. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) throw new Error("the body comes in buffers");
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk); // What is too much is read to the end and dropped.
  }
  return bytes <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString("utf8") : null;
}

function send(response: ServerResponse, status: number, json: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(json);
}

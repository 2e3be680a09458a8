// Neon at home: its HTTP SQL protocol on 127.0.0.1, over an embedded or a real Postgres, so that the same driver and
// the same queries run here and in production. Every batch is one transaction; no request sees another's session.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { checkCredentials, type NeonRequest, parseRequest, Refusal, toAnswer, toErrorAnswer } from "./neon-protocol.ts";
import { openEmbedded } from "./postgres-embedded.ts";
import { type Engine, runBatch, runStatement } from "./postgres-engine.ts";
import { openServer } from "./postgres-server.ts";

export type PostgresEngine =
  | { type: "embedded"; dir?: string /* absent: in memory */ }
  | { type: "server"; url: string };

export type NeonGateway = {
  /** What the Worker gets as DATABASE_URL. */
  connectionString: string;
  /** What the Worker gets as NEON_FETCH_ENDPOINT. */
  fetchEndpoint: string;
  /** Waits a moment for what is under way, cancels the rest, and closes the engine. */
  close(): Promise<void>;
};

type NeonGatewayOptions = {
  engine: PostgresEngine;
  /** Absent or 0: any free one. */
  port?: number;
  /** Added to every request before it reaches the engine: a database that is that far away. */
  latencyMs?: number;
  /** Absent: random, new with each start. */
  password?: string;
};

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_ANSWER_LENGTH = 64 * 1024 * 1024; // Neon's own limit, in the units of a string.
const GRACE_MS = 2_000; // `npm start` must be gone within 10 s of a SIGTERM, the database included.
const KEEP_ALIVE_MS = 75_000; // Longer than any client keeps an idle connection: closing one under its hands is an error.

/** Throws one clear sentence, without a secret, where the engine cannot be used or the port cannot be had. */
export async function startNeonGateway(options: NeonGatewayOptions): Promise<NeonGateway> {
  const { engine: choice, port = 0, latencyMs = 0, password = randomBytes(24).toString("base64url") } = options;
  const engine = choice.type === "embedded" ? await openEmbedded(choice.dir) : await openServer(choice.url);
  const credentials = new URL(`postgres://brink:${encodeURIComponent(password)}@127.0.0.1/brink`);
  const underWay = new Set<Promise<void>>();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    const done = handle(request, response, { engine, latencyMs, credentials }).finally(() => underWay.delete(done));
    underWay.add(done);
  });
  const bound = await listen(server, port).catch(async (error: unknown) => {
    await engine.close();
    throw error;
  });
  credentials.port = String(bound);

  async function close(): Promise<void> {
    server.close();
    await atMost(GRACE_MS, Promise.all(underWay));
    server.closeAllConnections();
    await atMost(
      GRACE_MS,
      Promise.all(underWay).then(() => engine.close()),
    );
  }
  let closing: Promise<void> | undefined;
  return {
    connectionString: credentials.href,
    fetchEndpoint: `http://127.0.0.1:${bound}/sql`,
    close: () => (closing ??= close()),
  };
}

function atMost(ms: number, work: Promise<unknown>): Promise<unknown> {
  return Promise.race([work, delay(ms, undefined, { ref: false })]);
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    throw new Error(`The Neon gateway cannot listen on 127.0.0.1:${port}.`, { cause: error });
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The Neon gateway has no port.");
  return address.port;
}

type Context = { engine: Engine; latencyMs: number; credentials: URL };

/** Never rejects: whatever goes wrong is an answer, or nobody is there to read one. */
async function handle(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    if (request.url !== "/sql") throw new Refusal(404, "not found: the only path is /sql");
    if (request.method !== "POST") throw new Refusal(405, "method not allowed: the only method is POST");
    checkCredentials(request.headers, context.credentials);
    const asked = parseRequest(request.headers, await readBody(request));
    if (context.latencyMs > 0) await delay(context.latencyMs, undefined, { signal: gone.signal });
    const answer = JSON.stringify(await run(context.engine, asked, gone.signal));
    if (answer.length > MAX_ANSWER_LENGTH) {
      throw new Refusal(507, `response is too large (max is ${MAX_ANSWER_LENGTH} bytes)`);
    }
    send(response, 200, answer);
  } catch (error) {
    const { status, body } = toErrorAnswer(error);
    // What was not read is thrown away, or the client would see a reset in place of this answer.
    request.resume();
    if (!gone.signal.aborted) send(response, status, JSON.stringify(body));
  }
}

async function run(engine: Engine, asked: NeonRequest, signal: AbortSignal): Promise<object> {
  if (asked.type === "single") {
    return toAnswer(await runStatement(engine, asked.query.statement, signal), asked.query.arrayMode);
  }
  const statements = asked.queries.map((query) => query.statement);
  const results = await runBatch(engine, statements, asked.mode, signal);
  return { results: results.map((result, index) => toAnswer(result, asked.queries[index]?.arrayMode ?? false)) };
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const tooLarge = new Refusal(413, `request is too large (max is ${MAX_BODY_BYTES} bytes)`);
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES) throw tooLarge;
  const chunks: Buffer[] = [];
  let length = 0;
  const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of body) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

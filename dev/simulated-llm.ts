// An OpenAI-compatible model that needs no key and no network: for trying Brink, for its tests and for its benches.
// What it answers, how fast and with what faults rides in the model's name (see simulated-scenario.ts).
// In a process of its own: `node dev/simulated-llm.ts --port N`.
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseArgs } from "node:util";
import { sendHtmlFault, sendJson, sendStatusFault, startCompletion } from "./simulated-completion.ts";
import { createFrames, encodeTokens } from "./simulated-frames.ts";
import { openAiError, parseChatRequest } from "./simulated-request.ts";
import { createRequestLog, type SimulatedRequest, type SimulatedStats } from "./simulated-requests.ts";
import { SIMULATED_MODEL, type Fault, type Scenario } from "./simulated-scenario.ts";
import { startStream } from "./simulated-stream.ts";
import { TimerWheel } from "./simulated-wheel.ts";

export { SIMULATED_MODEL } from "./simulated-scenario.ts";
export { expectedReasoning, expectedText } from "./simulated-text.ts";
export type { SimulatedRequest, SimulatedStats } from "./simulated-requests.ts";

export type SimulatedLlm = {
  url: string; // http://127.0.0.1:PORT/v1
  stats(): SimulatedStats;
  requests(): readonly SimulatedRequest[]; // the last 1,000, oldest first
  close(): Promise<void>;
};

const MAX_BODY_BYTES = 64 * 1024 * 1024; // A conversation of 2,000 messages fits many times.
const BACKLOG = 4_096; // Thousands of streams are opened in one burst.
const KEEP_ALIVE_MS = 120_000; // Longer than clients keep idle lines, so that none is closed under a request.
const CREATED = 1_750_000_000; // When the simulated model was "made"; any constant.
const MAX_COUNTED_MODELS = 10_000;

export async function startSimulatedLlm(options: { port?: number } = {}): Promise<SimulatedLlm> {
  const log = createRequestLog();
  const strikes = new Map<string, number>();
  const clock = () => performance.now();
  const wheel = new TimerWheel(clock, (tick, everyMs) => {
    const timer = setInterval(tick, everyMs);
    return () => clearInterval(timer);
  });
  const server = createServer({ noDelay: true, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    route(request, response).catch((error: unknown) => {
      if (!request.complete) return; // Its client left before it was whole.
      console.error(error);
      response.destroy();
    });
  });

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = clock();
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const call = `${request.method} ${pathname}`;
    if (call === "POST /v1/chat/completions") return complete(request, response, startedAt);
    if (call === "GET /v1/models") return sendJson(response, 200, { object: "list", data: [describeModel()] });
    if (call === `GET /v1/models/${SIMULATED_MODEL}`) return sendJson(response, 200, describeModel());
    if (call === "GET /stats") return sendJson(response, 200, { stats: log.stats(), requests: log.recent() });
    sendJson(response, 404, openAiError(`Invalid URL (${call.slice(0, 200)})`, null, null));
  }

  async function complete(incoming: IncomingMessage, response: ServerResponse, startedAt: number): Promise<void> {
    const text = await readBody(incoming);
    if (text === null)
      return sendJson(response, 413, openAiError("The request is too large.", null, "request_too_large"));
    const parsed = parseChatRequest(text);
    if (!parsed.ok) {
      log.settle(log.open({ model: "", stream: false, messages: 0, lastUserText: "" }), "refused");
      return sendJson(response, parsed.status, parsed.body);
    }
    const { request } = parsed;
    const { socket } = response;
    // A pipelined request has no line of its own yet, and one whose client has left has none any more.
    if (socket === null || socket.destroyed) return void incoming.socket.destroy();
    const { model, stream, messages } = request;
    const record = log.open({ model, stream, messages, lastUserText: request.prompt.userText });
    const fault = chooseFault(model, request.scenario);
    if (fault?.type === "status" || fault?.type === "html") {
      log.settle(record, "faulted");
      return fault.type === "html" ? sendHtmlFault(response) : sendStatusFault(response, fault.status);
    }
    const id = `chatcmpl-${randomBytes(12).toString("hex")}`;
    const created = Math.floor(Date.now() / 1_000);
    const parts = { response, socket, request, tokens: encodeTokens(request), fault, startedAt, wheel, log, record };
    if (stream) startStream({ ...parts, frames: createFrames(id, created, request) });
    else startCompletion({ ...parts, id, created });
  }

  function chooseFault(model: string, scenario: Scenario): Fault | null {
    if (scenario.fault === null || scenario.times === Number.POSITIVE_INFINITY) return scenario.fault;
    const struck = strikes.get(model) ?? 0;
    if (struck >= scenario.times) return null;
    if (strikes.size >= MAX_COUNTED_MODELS) strikes.clear();
    strikes.set(model, struck + 1);
    return scenario.fault;
  }

  const port = await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: options.port ?? 0, backlog: BACKLOG }, () => {
      const address = server.address();
      if (address !== null && typeof address === "object") resolve(address.port);
      else reject(new Error("the simulated model has no port"));
    });
  });

  return {
    url: `http://127.0.0.1:${port}/v1`,
    stats: log.stats,
    requests: log.recent,
    async close() {
      wheel.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function describeModel(): unknown {
  return { id: SIMULATED_MODEL, object: "model", created: CREATED, owned_by: "brink" };
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

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "0" } } });
  const llm = await startSimulatedLlm({ port: Number(values.port) });
  process.stdout.write(`listening on ${llm.url}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void llm.close().then(() => process.exit(0)));
}

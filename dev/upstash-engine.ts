// The Redis behind the gateway, over one connection: many HTTP requests share it, so whatever would change or block
// the connection is refused here. It connects when it is needed and does not retry by itself: a dead Redis is an
// `EngineUnreachable` at once, and one that is back is used by the next request.
import { Redis, type RedisOptions } from "ioredis";
import { ReplyError, type RedisReply } from "./upstash-reply.ts";
import type { RedisCommand } from "./upstash-request.ts";
import { createScriptBook } from "./upstash-scripts.ts";

export class EngineUnreachable extends Error {}

export type RedisTarget = { url: string } | { port: number; password: string };

export type Engine = {
  /** In order, each with its own reply or error. Throws only `EngineUnreachable`. */
  run(commands: readonly RedisCommand[]): Promise<RedisReply[]>;
  /** All or none; one error where the whole was refused. Throws only `EngineUnreachable`. */
  transact(commands: readonly RedisCommand[]): Promise<RedisReply[] | ReplyError>;
  close(): void;
};

const CONNECT_TIMEOUT_MS = 2_000;
const COMMAND_TIMEOUT_MS = 5_000; // Longer than any client here waits; a Redis that hangs must not collect requests.

const options = {
  lazyConnect: true,
  retryStrategy: null,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  disableClientInfo: true,
  connectTimeout: CONNECT_TIMEOUT_MS,
  protocol: 2, // Upstash answers in the types of RESP2.
  stringNumbers: true, // Text is a Buffer here, so a string is an integer, with all its digits.
} satisfies RedisOptions;

// What changes, occupies or ends a connection that others share, or belongs to whoever runs the server.
const unavailable = new Set(
  (
    "auth hello select quit reset client multi exec discard watch unwatch subscribe psubscribe ssubscribe unsubscribe " +
    "punsubscribe sunsubscribe monitor sync psync replconf blpop brpop brpoplpush blmove blmpop bzpopmin bzpopmax bzmpop " +
    "wait waitaof shutdown debug config replicaof slaveof failover cluster module acl save bgsave bgrewriteaof migrate"
  ).split(" "),
);

export function createEngine(target: RedisTarget, { commandTimeoutMs = COMMAND_TIMEOUT_MS } = {}): Engine {
  const scripts = createScriptBook();
  let connection: Promise<Redis> | null = null;
  let closed = false;

  async function connected(): Promise<Redis> {
    if (closed) throw new EngineUnreachable("the gateway is closed");
    if (connection === null) {
      // A line may report its end when the next one stands already.
      const mine: Promise<Redis> = connect(target, commandTimeoutMs, () => {
        if (connection === mine) connection = null;
      });
      connection = mine;
    }
    return connection;
  }

  /** To be called for several commands without an `await` between: what is written together arrives together. */
  async function send(redis: Redis, original: RedisCommand): Promise<RedisReply> {
    const { command, answerSha } = scripts.translate(original);
    const [name, ...args] = command;
    try {
      // In capitals, because ioredis rearranges the replies of some commands by their lower-case names.
      const reply = toReply(await redis.callBuffer(name.toUpperCase(), args));
      return answerSha !== undefined && reply instanceof Buffer ? Buffer.from(answerSha) : reply;
    } catch (error) {
      if (error instanceof Error && error.name === "ReplyError") return new ReplyError(error.message);
      if (error instanceof Error && error.message === "Command timed out") redis.disconnect();
      throw unreachable(error);
    }
  }

  return {
    async run(commands) {
      const redis = await connected();
      return Promise.all(commands.map((command) => refusal(command) ?? send(redis, command)));
    },
    async transact(commands) {
      const refused = commands.map(refusal).find((error) => error !== null);
      if (refused !== undefined) return refused;
      const redis = await connected();
      const queued = [
        send(redis, ["MULTI"]),
        ...commands.map((command) => send(redis, command)),
        send(redis, ["EXEC"]),
      ];
      const replies = await Promise.all(queued);
      const executed = replies.at(-1) ?? null;
      if (Array.isArray(executed)) return executed;
      // The reason stands with the command that was refused; EXEC says only that there was one.
      return (
        replies.find((reply) => reply instanceof ReplyError) ?? new ReplyError("ERR the transaction was not executed")
      );
    },
    close() {
      closed = true;
      connection?.then(
        (redis) => redis.disconnect(),
        () => {},
      );
    },
  };
}

function refusal([name, ...args]: RedisCommand): ReplyError | null {
  const lower = name.toLowerCase();
  const blocks = (lower === "xread" || lower === "xreadgroup") && args.some((arg) => arg.toLowerCase() === "block");
  return unavailable.has(lower) || blocks
    ? new ReplyError(`ERR Command is not available: '${name.slice(0, 40)}'`)
    : null;
}

async function connect(target: RedisTarget, commandTimeout: number, onLost: () => void): Promise<Redis> {
  const all = { ...options, commandTimeout };
  const redis = "url" in target ? new Redis(target.url, all) : new Redis({ ...all, ...target, host: "127.0.0.1" });
  let cause: unknown = new Error("connection refused");
  redis.on("error", (error) => (cause = error));
  redis.once("end", onLost);
  try {
    await redis.connect();
    await redis.ping(); // A wrong password lets the line open, and shows here.
    return redis;
  } catch (error) {
    redis.disconnect();
    onLost();
    // ioredis rejects with "Connection is closed." and gives the reason to its "error" event.
    throw unreachable(error instanceof Error && error.name === "ReplyError" ? error : cause);
  }
}

function unreachable(error: unknown): EngineUnreachable {
  return new EngineUnreachable(error instanceof Error ? error.message : String(error), { cause: error });
}

function toReply(value: unknown): RedisReply {
  if (value === null || value instanceof Buffer) return value;
  if (typeof value === "string" || typeof value === "number") return BigInt(value);
  if (value instanceof Error) return new ReplyError(value.message);
  if (Array.isArray(value)) return value.map(toReply);
  throw new TypeError(`a reply of an unknown type: ${typeof value}`);
}

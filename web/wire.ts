// What the server's answers must look like: small readers that take what came over the wire apart and put it together
// again as a typed value, or throw. Types come from protocol/api.ts; its schemas would cost more than all of this.

import type {
  ConfigAnswer,
  ConversationItem,
  ListAnswer,
  Live,
  Message,
  SessionAnswer,
  Snapshot,
  StopAnswer,
} from "../protocol/api.ts";
import type { GenerationState, LogEntry, Op } from "../protocol/events.ts";

export type Read<T> = (value: unknown, path: string) => T;

type OptionalKeys<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T];
type Required<T> = { [K in Exclude<keyof T, OptionalKeys<T>>]: Read<T[K]> };
type Optional<T> = { [K in OptionalKeys<T>]-?: Read<Exclude<T[K], undefined>> };

/** An object with these fields; others, which a newer server may send, are left out. */
function object<T>(required: Required<T>, optional: Optional<T>): Read<T> {
  const readers: [string, Read<unknown>][] = Object.entries(required);
  const optionalReaders: [string, Read<unknown>][] = Object.entries(optional);
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return fail(path, "an object");
    const fields: Record<string, unknown> = { ...value };
    const result: Record<string, unknown> = {};
    for (const [key, read] of readers) result[key] = read(fields[key], `${path}.${key}`);
    for (const [key, read] of optionalReaders) {
      if (fields[key] !== undefined && fields[key] !== null) result[key] = read(fields[key], `${path}.${key}`);
    }
    // Every field of T has just been read by its own reader, so this names what stands there.
    return result as T;
  };
}

const array =
  <T>(read: Read<T>): Read<T[]> =>
  (value, path) =>
    Array.isArray(value) ? value.map((item, index) => read(item, `${path}[${index}]`)) : fail(path, "a list");

const nullable =
  <T>(read: Read<T>): Read<T | null> =>
  (value, path) =>
    value === null || value === undefined ? null : read(value, path);

const oneOf =
  <T extends string>(...names: T[]): Read<T> =>
  (value, path) =>
    names.find((name) => name === value) ?? fail(path, names.join(" or "));

const string: Read<string> = (value, path) => (typeof value === "string" ? value : fail(path, "a string"));
const number: Read<number> = (value, path) => (typeof value === "number" ? value : fail(path, "a number"));
const boolean: Read<boolean> = (value, path) => (typeof value === "boolean" ? value : fail(path, "true or false"));

function fail(path: string, wanted: string): never {
  throw new TypeError(`${path} is not ${wanted}`);
}

const state: Read<GenerationState> = oneOf("queued", "streaming", "complete", "stopped", "failed", "interrupted");

const logEntry: Read<LogEntry> = (value, path) =>
  typeof value === "object" && value !== null && "op" in value
    ? { op: op(value.op, `${path}.op`) }
    : object<{ part: number; text: string }>({ part: number, text: string }, {})(value, path);

/** An op of a type that is not known here still takes its one position. */
const op: Read<Op> = (value, path) =>
  typeof value === "object" && value !== null && "type" in value && value.type === "part"
    ? object<{ type: "part"; part: number; kind: string }>({ type: oneOf("part"), part: number, kind: string }, {})(
        value,
        path,
      )
    : { type: "unknown" };

const message: Read<Message> = object<Message>(
  {
    id: string,
    parentId: nullable(string),
    seq: number,
    role: oneOf("user", "assistant"),
    text: string,
    createdAt: string,
  },
  {
    parts: array(logEntry),
    state,
    model: string,
    generationId: string,
    finishReason: string,
    usage: object({ inputTokens: number, outputTokens: number }, {}),
    costUsd: number,
    cached: boolean,
    error: object({ code: string, detail: string }, {}),
  },
);

const live: Read<Live> = object<Live>(
  { generationId: string, messageId: string, attempt: number, state, cursor: string, text: string },
  { parts: array(logEntry) },
);

const limits = object<SessionAnswer["limits"]>(
  {
    messagesPerMinute: number,
    messagesPerMinutePerAddress: number,
    liveGenerations: number,
    textLength: number,
    readersPerConversation: number,
  },
  {},
);

export const readConfig: Read<ConfigAnswer> = object<ConfigAnswer>(
  {
    version: string,
    models: array(object({ id: string, name: string, contextTokens: number }, {})),
    limits,
    features: object({ guests: boolean, cache: boolean }, {}),
  },
  {},
);

export const readSession: Read<SessionAnswer> = object<SessionAnswer>(
  { user: nullable(object({ id: string, kind: oneOf("guest", "member") }, { email: string, name: string })), limits },
  {},
);

export const readItem: Read<ConversationItem> = object<ConversationItem>(
  {
    id: string,
    title: string,
    model: string,
    createdAt: string,
    updatedAt: string,
    pinned: boolean,
    archived: boolean,
  },
  {},
);

export const readList: Read<ListAnswer> = object<ListAnswer>(
  { items: array(readItem), nextCursor: nullable(string) },
  {},
);

export const readSnapshot: Read<Snapshot> = object<Snapshot>(
  {
    id: string,
    rev: number,
    title: string,
    model: string,
    system: nullable(string),
    activeLeafId: nullable(string),
    messages: array(message),
    live: nullable(live),
    nextBefore: nullable(number),
  },
  {},
);

export const readStop: Read<StopAnswer> = object<StopAnswer>({ state, length: number }, {});

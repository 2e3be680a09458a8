// Upstash's REST protocol, inbound: method, path and body in, Redis commands out. Pure.
// A command comes as a JSON array at `/`, several at `/pipeline` or `/multi-exec`, or as a path: `/set/key/value?EX=10`.

export type RedisCommand = readonly [name: string, ...args: string[]];

export type RestRequest = { method: string; path: string; query: URLSearchParams; body: string };

export type ParsedRest =
  | { type: "command"; command: RedisCommand }
  | { type: "pipeline"; commands: RedisCommand[] }
  | { type: "transaction"; commands: RedisCommand[] }
  | { type: "refused"; status: 400 | 405; error: string };

export function parseRest({ method, path, query, body }: RestRequest): ParsedRest {
  if (!["GET", "HEAD", "POST", "PUT"].includes(method)) return refuse(405, `ERR method ${method} is not allowed`);
  if (path === "/pipeline" || path === "/multi-exec") {
    if (method !== "POST") return refuse(405, `ERR ${path} takes POST`);
    const json = parseJson(body);
    if (!Array.isArray(json)) return refuse(400, "ERR failed to parse pipeline request: expected an array of commands");
    const commands: RedisCommand[] = [];
    for (const item of json) {
      const command = parseCommand(item);
      if (command === null)
        return refuse(400, "ERR failed to parse pipeline request: a command is an array of plain values");
      commands.push(command);
    }
    return { type: path === "/pipeline" ? "pipeline" : "transaction", commands };
  }
  const command = path === "/" ? parseCommand(parseJson(body)) : parsePath(path, query, body);
  return command === null
    ? refuse(400, "ERR failed to parse command: expected a non-empty array of plain values")
    : { type: "command", command };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The client sends objects as JSON text already, numbers and booleans as they are. */
function parseCommand(json: unknown): RedisCommand | null {
  if (!Array.isArray(json)) return null;
  const parts: string[] = [];
  for (const part of json) {
    if (typeof part === "object" && part !== null) return null;
    parts.push(String(part));
  }
  return toCommand(parts);
}

/** The body, where there is one, is the value; options from the query come after it. */
function parsePath(path: string, query: URLSearchParams, body: string): RedisCommand | null {
  const parts: string[] = [];
  try {
    for (const segment of path.slice(1).split("/")) parts.push(decodeURIComponent(segment));
  } catch {
    return null; // a broken percent escape
  }
  if (body !== "") parts.push(body);
  for (const [name, value] of query) {
    if (name === "_token") continue;
    parts.push(name);
    if (value !== "") parts.push(value);
  }
  return toCommand(parts);
}

function toCommand([name, ...args]: string[]): RedisCommand | null {
  return name === undefined || name === "" ? null : [name, ...args];
}

function refuse(status: 400 | 405, error: string): ParsedRest {
  return { type: "refused", status, error };
}

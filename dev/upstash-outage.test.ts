// When the Redis behind the gateway is gone, hangs or comes back: every request has its answer, soon and in words.
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Redis } from "@upstash/redis/cloudflare";
import { afterEach, expect, test } from "vitest";
import { createEngine, EngineUnreachable } from "./upstash-engine.ts";
import { startUpstashGateway } from "./upstash-gateway.ts";
import { startEmbeddedValkey } from "./upstash-valkey.ts";

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** A door in front of a Valkey that can be shut and opened again at the same port. */
async function createDoor() {
  const valkey = await startEmbeddedValkey();
  cleanUps.push(() => valkey.close());
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    const inner = connect({ port: valkey.port, host: "127.0.0.1" });
    for (const end of [socket, inner]) {
      sockets.add(end);
      end.on("error", () => {}).on("close", () => (socket.destroy(), inner.destroy(), sockets.delete(end)));
    }
    socket.pipe(inner).pipe(socket);
  });
  const open = async (port: number): Promise<number> => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const address: AddressInfo | string | null = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  };
  const shut = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const port = await open(0);
  cleanUps.push(() => server.listening && shut());
  return { port, shut, open, url: `redis://:${valkey.password}@127.0.0.1:${port}` };
}

/** Accepts and never says a word. */
async function createSilence(): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on("error", () => {})));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("a Redis that goes away makes each request a 503 with a reason, and is used again when it is back", async () => {
  const door = await createDoor();
  const gateway = await startUpstashGateway({ engine: { type: "server", url: door.url } });
  cleanUps.push(() => gateway.close());
  const ask = async (): Promise<[number, unknown]> => {
    const answer = await fetch(`${gateway.url}/incr/n`, { headers: { authorization: `Bearer ${gateway.token}` } });
    return [answer.status, await answer.json()];
  };
  expect(await ask()).toEqual([200, { result: 1 }]);
  await door.shut();
  for (let k = 0; k < 3; k++) {
    expect(await ask()).toEqual([503, { error: expect.stringMatching(/does not answer: .*(ECONNREFUSED|closed)/) }]);
  }
  const pipeline = new Redis({ url: gateway.url, token: gateway.token, retry: false }).pipeline().ping();
  await expect(pipeline.exec()).rejects.toThrow("does not answer");
  await door.open(door.port);
  expect(await ask()).toEqual([200, { result: 2 }]);
});

test("requests under way when the line breaks are answered too", async () => {
  const door = await createDoor();
  const engine = createEngine({ url: door.url });
  cleanUps.push(() => engine.close());
  await engine.run([["PING"]]);
  const underWay = [engine.run([["PING"]]), engine.transact([["INCR", "n"]])];
  await door.shut();
  for (const outcome of await Promise.allSettled(underWay)) {
    if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(EngineUnreachable);
  }
  await expect(engine.run([["PING"]])).rejects.toBeInstanceOf(EngineUnreachable);
});

test("a Redis that hangs is given up after the time-out", async () => {
  const engine = createEngine({ url: `redis://127.0.0.1:${await createSilence()}` }, { commandTimeoutMs: 50 });
  cleanUps.push(() => engine.close());
  await expect(engine.run([["PING"]])).rejects.toBeInstanceOf(EngineUnreachable);
});

test("a server that is not there at the start is one clear sentence without its password", async () => {
  const door = await createDoor();
  await door.shut();
  const start = startUpstashGateway({
    engine: { type: "server", url: `redis://user:s3cret@127.0.0.1:${door.port}/2` },
  });
  const error = await start.catch((reason: unknown) => reason);
  if (!(error instanceof Error)) throw new Error("it has started");
  expect(error.message).toMatch(
    new RegExp(`^Redis at redis://127\\.0\\.0\\.1:${door.port}/2 does not answer: .*ECONNREFUSED.*\\.$`),
  );
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("s3cret");
});

test("a wrong password at the start is said as such", async () => {
  const door = await createDoor();
  const start = startUpstashGateway({ engine: { type: "server", url: `redis://:wrong@127.0.0.1:${door.port}` } });
  await expect(start).rejects.toThrow(/^Redis at .* does not answer: .*(WRONGPASS|NOAUTH)/);
});

test("latency is added to every request, in one piece for a pipeline", async () => {
  const gateway = await startUpstashGateway({ engine: { type: "embedded" }, latencyMs: 30, token: "mine" });
  cleanUps.push(() => gateway.close());
  expect(gateway.token).toBe("mine");
  const redis = new Redis({ url: gateway.url, token: "mine", retry: false });
  const before = performance.now();
  await redis.ping();
  expect(performance.now() - before).toBeGreaterThanOrEqual(29); // A lower bound holds on any machine.
});

// The engines that the gateway's tests run over: the embedded Valkey, and a real Redis where one answers.
import { connect } from "node:net";
import type { RedisEngine } from "./upstash-gateway.ts";

const serverUrl = process.env["TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379";
const { hostname, port, host } = new URL(serverUrl);

const isServerThere = await new Promise<boolean>((resolve) => {
  const socket = connect({ host: hostname, port: Number(port || 6379) });
  socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  socket.once("connect", () => socket.destroy());
});
if (!isServerThere) console.warn(`skipped: no Redis at ${host}`);

export type TestEngine = { name: string; engine: RedisEngine; isThere: boolean };

export const testEngines: TestEngine[] = [
  { name: "the embedded Valkey", engine: { type: "embedded" }, isThere: true },
  { name: "a real Redis", engine: { type: "server", url: serverUrl }, isThere: isServerThere },
];

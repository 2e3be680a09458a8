// The whole stack in a process of its own, with a fault proxy before its database and its Redis. Takes its options as
// one JSON argument, says where everything is, and sets faults when told to. Ends when its parent does.

import { startStack } from "../../dev/stack.ts";
import { parseVariables } from "../../dev/variables.ts";
import { type Fault, type FaultProxy, startFaultProxy } from "./fault-proxy.ts";

export type StackArguments = { stateDir: string; seed: number; variables: Record<string, string> };
export type Service = "database" | "redis";
export type Order = { service: Service; faults: Fault[] };
export type StackNews = {
  url: string;
  database: { connectionString: string };
  redis: { url: string; token: string };
};

const { stateDir, seed, variables }: StackArguments = JSON.parse(process.argv[2] ?? "{}");
const proxies = new Map<Service, FaultProxy>();

const stack = await startStack({
  stateDir,
  variables: parseVariables(variables),
  adjustBindings: async (bindings) => {
    const before = async (service: Service, url: string | undefined, salt: number) => {
      const proxy = await startFaultProxy(url ?? "", seed + salt);
      proxies.set(service, proxy);
      return proxy.url;
    };
    return {
      ...bindings,
      NEON_FETCH_ENDPOINT: await before("database", bindings["NEON_FETCH_ENDPOINT"], 1),
      UPSTASH_REDIS_REST_URL: await before("redis", bindings["UPSTASH_REDIS_REST_URL"], 2),
    };
  },
  onLog: ({ level, message }) => {
    if (level === "error") process.stdout.write(`${message}\n`);
  },
});

process.on("message", ({ service, faults }: Order) => {
  const proxy = proxies.get(service);
  proxy?.setFaults(faults);
  process.send?.(proxy?.struck());
});
process.on("disconnect", () => {
  void stack
    .close()
    .then(() => Promise.all([...proxies.values()].map((proxy) => proxy.close())))
    .then(() => process.exit(0));
});
const news: StackNews = { url: stack.url, database: stack.database, redis: stack.redis };
process.send?.(news);

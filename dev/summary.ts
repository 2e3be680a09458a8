// What `npm start` says once it is ready: which parts are real, where the state is, how to stop. No secret is in it.

import type { Options } from "./options.ts";
import type { Variables } from "./variables.ts";

export function describeStack({ stateDir, watch }: Options, variables: Variables): string {
  const { provider, databaseUrl, redisUrl, notes } = variables;
  const rows = [
    [
      "Model",
      provider === undefined ? "simulated: no key, no network" : `${provider.model} at ${hostOf(provider.baseUrl)}`,
    ],
    ["Database", databaseUrl === undefined ? "Postgres in this process" : `Postgres at ${hostOf(databaseUrl)}`],
    ["Redis", redisUrl === undefined ? "Valkey in this process" : `Redis at ${hostOf(redisUrl)}`],
    ["State", stateDir],
    ...notes.map((note) => ["Note", note]),
    ["Stop", "Control-C"],
  ];
  const changes = watch ? ["  Changes under worker/, web/ and protocol/ are built as they are saved."] : [];
  return [...rows.map(([name = "", text]) => `  ${name.padEnd(9)} ${text}`), ...changes].join("\n");
}

function hostOf(url: string): string {
  return new URL(url).host || "localhost";
}

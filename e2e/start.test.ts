// `npm start` from beginning to end with nothing else on the machine, over plain HTTP.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiClient, createGuest, newId, readStream } from "../dev/api-client.ts";
import { SIMULATED_MODEL, type SimulatedLlm, startSimulatedLlm } from "../dev/simulated-llm.ts";
import type { ListAnswer } from "../protocol/api.ts";
import { testEssentials } from "./essentials.ts";
import { type Brink, freePort, isRunning, runBrink, startBrink } from "./rig/brink.ts";

let model: SimulatedLlm;
let stateDir: string;
let port: number;
let brink: Brink;

const variables = () => ({ OPENAI_BASE_URL: model.url, OPENAI_MODEL: SIMULATED_MODEL, LIMITS: "off" });

beforeAll(async () => {
  model = await startSimulatedLlm();
  stateDir = mkdtempSync(join(tmpdir(), "brink-e2e-"));
  port = await freePort();
  brink = await startBrink({ stateDir, port, variables: variables() });
});

afterAll(async () => {
  await brink?.stop();
  await model?.close();
  rmSync(stateDir, { recursive: true, force: true });
});

test("with --quiet the address is all that is printed", () => {
  expect(brink.url).toBe(`http://127.0.0.1:${port}`);
  expect(brink.printed()).toEqual([`Brink is ready at ${brink.url}`]);
  expect(brink.complaints()).toEqual([]);
});

testEssentials({ url: () => brink.url, model: () => model });

test("a start is refused in one sentence that names the rule and no value, and disturbs nobody", async () => {
  const elsewhere = (name: string) => join(stateDir, `refused-${name}`);
  const starts = {
    "another start on a live folder": { stateDir },
    "a taken port": { stateDir: elsewhere("port"), port },
    "malformed limits": { stateDir: elsewhere("limits"), variables: { LIMITS: "user=s3cret" } },
    "a database URL that is none": { stateDir: elsewhere("url"), variables: { DATABASE_URL: "mysql://s3cret@host/x" } },
    "a database that is not there": {
      stateDir: elsewhere("database"),
      variables: { DATABASE_URL: `postgres://brink:s3cret@127.0.0.1:${await freePort()}/brink` },
    },
    "a Redis that is not there": {
      stateDir: elsewhere("redis"),
      variables: { REDIS_URL: `redis://:s3cret@127.0.0.1:${await freePort()}` },
    },
    "an unknown option": { stateDir: elsewhere("option"), args: ["--prot", "1"] },
  };
  const named = Object.entries(starts);
  const refusals = await Promise.all(named.map(async ([name, options]) => [name, await runBrink(options)] as const));
  for (const [name, { code, printed, complaints }] of refusals) {
    expect.soft(code, name).toBe(1);
    expect.soft(printed, name).toEqual([]);
    expect.soft(complaints, name).toHaveLength(1);
    expect.soft(complaints[0], name).toMatch(/^[A-Z].*\.$/);
    expect.soft(complaints[0], name).not.toContain("s3cret");
  }
  expect((await fetch(`${brink.url}/healthz`)).status).toBe(200);
});

test("SIGTERM to npm ends everything within 10 s and exits with 0; the next start has every conversation", async () => {
  const client = await createGuest(brink.url);
  const ids = [newId(), newId(), newId()];
  for (const conversationId of ids) {
    await readStream(await client.send(conversationId, { id: newId(), text: "Keep this.", model: QUICK }));
  }
  await expect.poll(() => listed(client)).toEqual(ids.toReversed());
  const before = await Promise.all(ids.map((id) => client.snapshot(id)));

  const pids = [brink.npmPid, brink.nodePid, brink.workerdPid()];
  const askedAt = performance.now();
  expect(await brink.stop()).toEqual({ code: 0, signal: null });
  expect(performance.now() - askedAt).toBeLessThan(10_000);
  expect(pids.filter(isRunning)).toEqual([]);
  expect(brink.complaints()).toEqual([]);

  brink = await startBrink({ stateDir, port, variables: variables() });
  expect(await Promise.all(ids.map((id) => client.snapshot(id)))).toEqual(before);
  expect(await listed(client)).toEqual(ids.toReversed());
});

const QUICK = `${SIMULATED_MODEL}:first=0,rate=0,tokens=50`;

async function listed(client: ApiClient): Promise<string[]> {
  const { items }: ListAnswer = JSON.parse(await (await client.call("/api/conversations")).text());
  return items.map(({ id }) => id);
}

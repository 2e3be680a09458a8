// The two engines that the gateway's tests run against: PGlite in memory, and a database of its own on a real Postgres,
// which is dropped at the end. Where no Postgres answers, its tests are skipped and say so.

import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe } from "vitest";
import { connect } from "./neon-connect.ts";
import { type NeonGateway, type PostgresEngine, startNeonGateway } from "./neon-gateway.ts";

const adminUrl = new URL(process.env["TEST_POSTGRES_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres");
const where = `${adminUrl.hostname}:${adminUrl.port || 5432}`;

export const hasPostgres = await asAdmin("SELECT 1").then(
  () => true,
  () => false,
);
if (!hasPostgres) console.log(`skipped: no Postgres at ${where}`);

/** Runs one statement on the server itself, around the gateway. */
export async function asAdmin(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: adminUrl.href, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(text, values);
    return rows;
  } finally {
    await client.end();
  }
}

type TestDatabase = { engine: PostgresEngine; name: string; drop(): Promise<void> };

export async function createDatabase(type: PostgresEngine["type"]): Promise<TestDatabase> {
  const name = `brink_test_${randomBytes(6).toString("hex")}`;
  if (type === "embedded") return { engine: { type }, name, drop: async () => undefined };
  await asAdmin(`CREATE DATABASE ${name} TEMPLATE template0`);
  const url = new URL(`/${name}`, adminUrl).href;
  const drop = async () => void (await asAdmin(`DROP DATABASE ${name} WITH (FORCE)`));
  return { engine: { type, url }, name, drop };
}

/** Runs the suite once per engine. What `gateway()` and `sql()` return exists from the first test on. */
export function describeEngines(suite: (given: Given) => void): void {
  describe("over embedded Postgres", () => suite(given("embedded")));
  const title = hasPostgres ? "over real Postgres" : `over real Postgres (skipped: no Postgres at ${where})`;
  describe.skipIf(!hasPostgres)(title, () => suite(given("server")));
}

type Given = {
  type: PostgresEngine["type"];
  gateway(): NeonGateway;
  sql(): ReturnType<typeof connect>;
  databaseName(): string;
};

export function given(type: PostgresEngine["type"]): Given {
  let started: { gateway: NeonGateway; database: TestDatabase } | undefined;
  beforeAll(async () => {
    const database = await createDatabase(type);
    started = { database, gateway: await startNeonGateway({ engine: database.engine }) };
  });
  afterAll(async () => {
    await started?.gateway.close();
    await started?.database.drop();
  });
  function running() {
    if (started === undefined) throw new Error("The gateway is started before the first test.");
    return started;
  }
  return {
    type,
    gateway: () => running().gateway,
    sql: () => connect(running().gateway),
    databaseName: () => running().database.name,
  };
}

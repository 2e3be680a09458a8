// What only the embedded engine has to prove: its directory survives a restart, a kill and a start that was cut short.

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "./neon-connect.ts";
import { startNeonGateway } from "./neon-gateway.ts";
import { openEmbedded } from "./postgres-embedded.ts";
import { runBatch } from "./postgres-engine.ts";

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "brink-postgres-"));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

async function withGateway<T>(dir: string, use: (sql: ReturnType<typeof connect>) => Promise<T>): Promise<T> {
  const gateway = await startNeonGateway({ engine: { type: "embedded", dir } });
  try {
    return await use(connect(gateway));
  } finally {
    await gateway.close();
  }
}

test("a directory keeps its rows across a restart, also after a first start that was cut short", async () => {
  const dir = join(parent, "nested", "postgres");
  await mkdir(`${dir}.partial`, { recursive: true });
  await writeFile(join(`${dir}.partial`, "PG_VERSION"), "half written");
  await withGateway(dir, async (sql) => {
    await sql`CREATE TABLE kept (id serial PRIMARY KEY, body text)`;
    await sql`INSERT INTO kept (body) VALUES ('Grüße 🌍')`;
  });
  const rows = await withGateway(dir, async (sql) => {
    await sql`INSERT INTO kept (body) VALUES ('after')`;
    return sql`SELECT * FROM kept ORDER BY id`;
  });
  expect(rows).toEqual([
    { id: 1, body: "Grüße 🌍" },
    { id: 2, body: "after" },
  ]);
});

const insertForEver = `
  import { connect } from "./neon-connect.ts";
  import { startNeonGateway } from "./neon-gateway.ts";
  const sql = connect(await startNeonGateway({ engine: { type: "embedded", dir: process.argv[1] } }));
  await sql\`CREATE TABLE written (id int PRIMARY KEY, body text)\`;
  for (let id = 1; ; id++) {
    await sql\`INSERT INTO written VALUES (\${id}, \${"x".repeat(2000)})\`;
    console.log(id);
  }`;

test("a killed process loses no row that was acknowledged, and leaves no hole", async () => {
  const dir = join(parent, "killed");
  const child = spawn(process.execPath, ["--input-type=module", "-e", insertForEver, dir], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let acknowledged = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line);
    if (acknowledged === 200) child.kill("SIGKILL");
  }
  expect(acknowledged).toBeGreaterThanOrEqual(200);
  const [stored] = await withGateway(
    dir,
    (sql) => sql`SELECT count(*)::int AS rows, max(id) AS last, min(length(body)) AS shortest FROM written`,
  );
  expect(stored).toEqual({ rows: stored?.["last"], last: stored?.["rows"], shortest: 2000 });
  expect(stored?.["rows"]).toBeGreaterThanOrEqual(acknowledged);
});

test("a directory that holds something else is left alone, and said so", async () => {
  const dir = join(parent, "photos");
  await mkdir(dir);
  await writeFile(join(dir, "cat.jpg"), "cat");
  const start = startNeonGateway({ engine: { type: "embedded", dir } });
  await expect(start).rejects.toThrow(
    `The embedded Postgres in ${dir} did not start: the directory holds something else.`,
  );
});

test("an engine that crashed says so from then on, and never answers wrongly", async () => {
  const gateway = await startNeonGateway({ engine: { type: "embedded" } });
  const sql = connect(gateway);
  await sql`CREATE FUNCTION fall(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN fall(i + 1); END $$`;
  for (const text of ["SELECT fall(1)", ...Array<string>(8).fill("SELECT 1")]) {
    await expect(sql.query(text)).rejects.toThrow("The embedded Postgres has stopped; start again.");
  }
  await gateway.close();
});

test("sessions asked for in the same instant take turns, and a refusal is nobody else's", async () => {
  const engine = await openEmbedded(undefined);
  const { signal } = new AbortController();
  const mode = { isolationLevel: null, readOnly: false, deferrable: false };
  const batch = (...texts: string[]) => {
    const statements = texts.map((text) => ({ text, params: [] }));
    return runBatch(engine, statements, mode, signal);
  };
  await batch("CREATE TABLE counter (value int)", "INSERT INTO counter VALUES (0)");
  const increment = "UPDATE counter SET value = value + 1 RETURNING value";
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => batch(increment, `SELECT 1 / ${index % 2}`)),
  );
  const values = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value[0]?.rows : null));
  expect(values).toEqual([null, [["1"]], null, [["2"]], null, [["3"]], null, [["4"]]]);
  await engine.close();
  await expect(batch("SELECT 1")).rejects.toThrow("The embedded Postgres was closed.");
});

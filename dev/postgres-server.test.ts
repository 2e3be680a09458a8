// What only a real Postgres has to prove: connections that die, statements that hang, and a server that is not there.

import { createServer } from "node:net";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { asAdmin, createDatabase, given, hasPostgres } from "./neon-fixture.ts";
import { connect } from "./neon-connect.ts";
import { startNeonGateway } from "./neon-gateway.ts";

describe.skipIf(!hasPostgres)("over real Postgres", () => {
  const { sql, databaseName } = given("server");

  const sleeping = async () => {
    const asleep =
      "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND state = 'active' AND query LIKE '%pg_sleep(600)%'";
    return (await asAdmin(asleep, [databaseName()])).map((row) => row["pid"]);
  };
  const one = async () => (await sql()`SELECT 1 AS one`)[0];

  test("a connection that dies, idle or at work, costs its own statement at most", async () => {
    await one();
    await asAdmin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", [databaseName()]);
    await expect.poll(() => one().catch(() => undefined)).toEqual({ one: 1 });
    const suicide = sql()`SELECT pg_terminate_backend(pg_backend_pid())`;
    await expect(suicide).rejects.toMatchObject({ code: "57P01", severity: "FATAL" });
    await expect(sql().transaction([sql()`SELECT pg_terminate_backend(pg_backend_pid())`])).rejects.toThrow();
    expect(await one()).toEqual({ one: 1 });
  });

  test("a refusal costs no connection", async () => {
    const backend = async () => (await sql()`SELECT pg_backend_pid() AS pid`)[0];
    const before = await backend();
    await expect(sql()`SELECT 1 / 0`).rejects.toMatchObject({ code: "22012" });
    await expect(sql().transaction([sql()`SELECT 1 / 0`])).rejects.toMatchObject({ code: "22012" });
    await sql()`BEGIN`;
    expect(await backend()).toEqual(before);
  });

  test("a client that leaves takes its statement along, also when every connection hangs", async () => {
    const leaving = new AbortController();
    const options = { fetchOptions: { signal: leaving.signal } };
    const stuck = Array.from({ length: 10 }, () => sql().query("SELECT pg_sleep(600)", [], options));
    const settled = Promise.allSettled(stuck);
    await expect.poll(async () => (await sleeping()).length, { timeout: 5_000 }).toBe(10);
    leaving.abort();
    for (const { status } of await settled) expect(status).toBe("rejected");
    expect(await one()).toEqual({ one: 1 });
    await expect.poll(sleeping, { timeout: 5_000 }).toEqual([]);
  });

  test("closing ends what still runs, and the server keeps nothing of it", async () => {
    const database = await createDatabase("server");
    onTestFinished(database.drop);
    const gateway = await startNeonGateway({ engine: database.engine });
    const hanging = connect(gateway)`SELECT pg_sleep(600)`.catch((error: unknown) => error);
    const connections = () => asAdmin("SELECT state FROM pg_stat_activity WHERE datname = $1", [database.name]);
    await expect.poll(connections).toEqual([{ state: "active" }]);
    await Promise.all([gateway.close(), gateway.close()]);
    expect(await hanging).toBeInstanceOf(Error);
    await expect.poll(connections).toEqual([]);
  });
});

const start = (url: string) => startNeonGateway({ engine: { type: "server", url } });

test("a server that is not there is one clear sentence without the password", async () => {
  const vacant = createServer().listen(0, "127.0.0.1");
  await once(vacant, "listening");
  const address = vacant.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  vacant.close();
  await once(vacant, "close");
  const failure = await start(`postgres://brink:s3cret@127.0.0.1:${port}/brink`).catch((error: unknown) => error);
  expect(String(failure)).toBe(
    `Error: Postgres at postgres://127.0.0.1:${port}/brink cannot be used: connect ECONNREFUSED 127.0.0.1:${port}`,
  );
});

test("a URL that is none is refused without repeating it", async () => {
  for (const url of ["postgres://brink:s3cret@host:port/brink", "mysql://brink:s3cret@host/brink", "s3cret"]) {
    const failure = await start(url).catch((error: unknown) => error);
    expect(String(failure)).toBe("Error: The Postgres URL must look like postgres://user:password@host:5432/database.");
  }
});

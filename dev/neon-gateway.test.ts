// The real driver against the gateway, over both engines: results, refusals, transactions, sessions, concurrency.

import { type HTTPTransactionOptions, neon, NeonDbError } from "@neondatabase/serverless";
import { beforeAll, expect, test } from "vitest";
import { describeEngines } from "./neon-fixture.ts";

describeEngines(({ type, gateway, sql }) => {
  beforeAll(async () => {
    await sql()`CREATE TABLE city (id int PRIMARY KEY, name text NOT NULL, people int CONSTRAINT inhabited CHECK (people > 0))`;
    await sql()`CREATE TABLE counter (id int PRIMARY KEY, value int NOT NULL)`;
    await sql()`INSERT INTO city VALUES (1, 'Oslo', 700), (2, 'Łódź', null)`;
  });

  const cities = () => sql()`SELECT id FROM city ORDER BY id`.then((rows) => rows.map((row) => row["id"]));
  const refusal = async (query: PromiseLike<unknown>): Promise<NeonDbError> => {
    const outcome = await Promise.resolve(query).catch((error: unknown) => error);
    if (outcome instanceof NeonDbError) return outcome;
    throw new Error(`expected a refusal, got ${JSON.stringify(outcome)}`);
  };

  test("rows come as objects, as arrays and with everything that Postgres says about them", async () => {
    const rows = [
      { id: 1, name: "Oslo" },
      { id: 2, name: "Łódź" },
    ];
    expect(await sql()`SELECT id, name FROM city WHERE id >= ${1} ORDER BY id`).toEqual(rows);
    expect(await sql().query("SELECT id, name FROM city WHERE id = $1", [2], { arrayMode: true })).toEqual([
      [2, "Łódź"],
    ]);
    const full = await sql().query("SELECT id, name, 1 AS one FROM city ORDER BY id", [], { fullResults: true });
    expect(full).toMatchObject({ command: "SELECT", rowCount: 2, rowAsArray: false });
    const tableID = full.fields[0]?.tableID;
    expect(tableID).toBeGreaterThan(0);
    expect(full.fields).toEqual([
      { name: "id", dataTypeID: 23, tableID, columnID: 1, dataTypeSize: 4, dataTypeModifier: -1, format: "text" },
      { name: "name", dataTypeID: 25, tableID, columnID: 2, dataTypeSize: -1, dataTypeModifier: -1, format: "text" },
      { name: "one", dataTypeID: 23, tableID: 0, columnID: 0, dataTypeSize: 4, dataTypeModifier: -1, format: "text" },
    ]);
  });

  test("every command reports its name and how many rows it touched", async () => {
    const full = neon(gateway().connectionString, { fullResults: true });
    const report = async (text: string) => {
      const { command, rowCount, rows } = await full.query(text);
      return [command, rowCount, rows.length];
    };
    expect(await report("CREATE TABLE tag (id int)")).toEqual(["CREATE", null, 0]);
    expect(await report("INSERT INTO tag SELECT generate_series(1, 12)")).toEqual(["INSERT", 12, 0]);
    expect(await report("UPDATE tag SET id = id + 1 WHERE id > 10 RETURNING id")).toEqual(["UPDATE", 2, 2]);
    expect(await report("DELETE FROM tag WHERE false")).toEqual(["DELETE", 0, 0]);
    expect(await report("DROP TABLE tag")).toEqual(["DROP", null, 0]);
    expect(await report("")).toEqual(["", null, 0]);
  });

  test("a refusal carries Postgres's whole report, and the next statement is none the worse", async () => {
    expect(await refusal(sql()`INSERT INTO city VALUES (1, 'again', 1)`)).toMatchObject({
      message: `duplicate key value violates unique constraint "city_pkey"`,
      severity: "ERROR",
      code: "23505",
      detail: "Key (id)=(1) already exists.",
      schema: "public",
      table: "city",
      constraint: "city_pkey",
      routine: "_bt_check_unique",
    });
    expect(await refusal(sql()`INSERT INTO city VALUES (3)`)).toMatchObject({ code: "23502", column: "name" });
    expect(await refusal(sql()`INSERT INTO city VALUES (3, 'x', 0)`)).toMatchObject({
      code: "23514",
      constraint: "inhabited",
    });
    expect(await refusal(sql()`SELECT * FROM nowhere`)).toMatchObject({ code: "42P01", position: "15" });
    expect(await refusal(sql()`SELECT nothin(1)`)).toMatchObject({ code: "42883", hint: expect.any(String) });
    expect(await refusal(sql().query("SELECT 1; SELECT 2"))).toMatchObject({ code: "42601" });
    expect(await refusal(sql().query("SELECT $1::int", []))).toMatchObject({ code: "08P01" });
    expect(await refusal(sql()`SELECT 1 / ${0}::int`)).toMatchObject({ code: "22012", detail: undefined });
    expect(await cities()).toEqual([1, 2]);
  });

  test("what Postgres cannot store is refused, never changed", async () => {
    expect(await refusal(sql()`SELECT ${"a\0b"}::text`)).toMatchObject({ code: "22021" });
    expect(await refusal(sql()`SELECT ${{ a: "\0" }}::jsonb`)).toMatchObject({ code: "22P05" });
    expect(await refusal(sql()`SELECT ${{ a: "\ud800" }}::jsonb`)).toMatchObject({ code: "22P02" });
    expect((await refusal(sql()`SELECT ${"half \ud83d"}::text`)).message).toContain("lone surrogate");
    expect((await refusal(sql().query("SELECT 'a\0b'"))).message).toContain("embedded null");
  });

  test("a batch is one transaction: all of it, or nothing", async () => {
    const [inserted, counted] = await sql().transaction([
      sql()`INSERT INTO city VALUES (10, 'Rome', 2800) RETURNING id`,
      sql()`SELECT count(*)::int AS n FROM city`,
    ]);
    expect([inserted, counted]).toEqual([[{ id: 10 }], [{ n: 3 }]]);
    const failed = sql().transaction([
      sql()`DELETE FROM city WHERE id = 10`,
      sql()`INSERT INTO city VALUES (1, 'again', 1)`,
      sql()`INSERT INTO city VALUES (11, 'never', 1)`,
    ]);
    expect(await refusal(failed)).toMatchObject({ code: "23505", constraint: "city_pkey" });
    expect(await cities()).toEqual([1, 2, 10]);
    await sql()`DELETE FROM city WHERE id = 10`;
    expect(await sql().transaction([])).toEqual([]);
  });

  test("a constraint that is checked at the commit refuses the whole batch", async () => {
    await sql()`CREATE TABLE child (city int REFERENCES city (id) DEFERRABLE INITIALLY DEFERRED)`;
    const orphan = sql().transaction([sql()`INSERT INTO child VALUES (1)`, sql()`INSERT INTO child VALUES (77)`]);
    expect(await refusal(orphan)).toMatchObject({ code: "23503", constraint: "child_city_fkey" });
    expect(await sql()`SELECT * FROM child`).toEqual([]);
  });

  test("a batch runs in the mode that it asks for, and in Postgres's own without", async () => {
    const modeOf = async (options: HTTPTransactionOptions<false, false>) => {
      const show = (name: string) => sql().query(`SELECT current_setting('transaction_${name}') AS value`);
      const results = await sql().transaction([show("isolation"), show("read_only"), show("deferrable")], options);
      return results.map((rows) => rows[0]?.["value"]);
    };
    expect(await modeOf({})).toEqual(["read committed", "off", "off"]);
    const strict = { isolationLevel: "Serializable", readOnly: true, deferrable: true } as const;
    expect(await modeOf(strict)).toEqual(["serializable", "on", "on"]);
    expect(await modeOf({ isolationLevel: "RepeatableRead" })).toEqual(["repeatable read", "off", "off"]);
    expect(await modeOf({ isolationLevel: "ReadUncommitted" })).toEqual(["read uncommitted", "off", "off"]);
    const write = sql().transaction([sql()`DELETE FROM city`], { readOnly: true });
    expect(await refusal(write)).toMatchObject({ code: "25006" });
  });

  test("no request sees what another left in its session", async () => {
    await sql()`SET statement_timeout = 12345`;
    await sql()`CREATE TEMPORARY TABLE mine (id int)`;
    await sql()`BEGIN`;
    await sql()`INSERT INTO city VALUES (20, 'committed by itself', 1)`;
    await refusal(sql().transaction([sql()`SET statement_timeout = 54321`, sql()`SELECT 1 / 0`]));
    await sql()`SELECT pg_advisory_lock(7)`;
    // On the pool any connection may answer; all of them together have nothing left over.
    const leftovers = await Promise.all(
      Array.from({ length: 20 }, () =>
        sql().transaction([
          sql()`SELECT current_setting('statement_timeout') AS timeout, to_regclass('mine') AS mine`,
          sql()`SELECT count(*)::int AS locks FROM pg_locks JOIN pg_database ON oid = database
            WHERE locktype = 'advisory' AND datname = current_database()`,
        ]),
      ),
    );
    for (const leftover of leftovers) {
      expect(leftover).toEqual([[{ timeout: "0", mine: null }], [{ locks: 0 }]]);
    }
    expect(await cities()).toEqual([1, 2, 20]);
    await sql()`DELETE FROM city WHERE id = 20`;
  });

  test("COPY has nowhere to read from, is refused, and harms nobody", async () => {
    expect(await refusal(sql()`COPY city FROM STDIN`)).toMatchObject({ code: "57014" });
    expect(await refusal(sql().transaction([sql()`COPY city FROM STDIN`]))).toMatchObject({ code: "57014" });
    await sql()`COPY city TO STDOUT`;
    expect(await cities()).toEqual([1, 2]);
  });

  test("parallel batches are isolated: of twenty increments the ten that fail leave no trace", async () => {
    await sql()`INSERT INTO counter VALUES (1, 0)`;
    const increment = (_: unknown, index: number) =>
      sql().transaction([
        sql()`UPDATE counter SET value = value + 1 WHERE id = 1 RETURNING value`,
        sql()`SELECT 1 / ${index % 2}::int`,
      ]);
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, increment));
    const values = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? outcome.value[0] : []));
    const seen = values.map((row) => Number(row?.["value"])).toSorted((a, b) => a - b);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await sql()`SELECT value FROM counter WHERE id = 1`).toEqual([{ value: 10 }]);
  });

  test.runIf(type === "server")("parallel requests run at the same time: one waits for what another does", async () => {
    const meeting = `DO $$ BEGIN
      FOR i IN 1..500 LOOP
        IF EXISTS (SELECT FROM counter WHERE id = 2) THEN RETURN; END IF;
        PERFORM pg_sleep(0.01);
      END LOOP;
      RAISE EXCEPTION 'nobody came';
    END $$`;
    await Promise.all([sql().query(meeting), sql()`INSERT INTO counter VALUES (2, 0)`]);
  });

  test("only the gateway's own user, password and database are let in", async () => {
    const as = (change: (url: URL) => void) => {
      const url = new URL(gateway().connectionString);
      change(url);
      return refusal(neon(url.href)`SELECT 1`);
    };
    const wrong = "password authentication failed for user 'brink'";
    expect((await as((url) => (url.password = "guess"))).message).toBe(wrong);
    const stranger = "password authentication failed for user 'mallory'";
    expect((await as((url) => (url.username = "mallory"))).message).toBe(stranger);
    const elsewhere = { code: "3D000", severity: "FATAL", message: `database "postgres" does not exist` };
    expect(await as((url) => (url.pathname = "/postgres"))).toMatchObject(elsewhere);
  });
});

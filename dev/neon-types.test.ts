// Every type that goes in comes out, as the real driver reads it. Apart from the drizzle tests: drizzle replaces the
// driver's own readers of dates for the whole process.

import { expect, test } from "vitest";
import { describeEngines } from "./neon-fixture.ts";

const TWO_MEGABYTES = 2 * 1024 * 1024;
const text = `Grüße 🌍 👩‍👩‍👧 "quoted" 'single' back\\slash\nline\ttab \u2028 \u0001 ${"é".repeat(100)}`;

type Case = [type: string, sent: unknown, received?: unknown];
const cases: Case[] = [
  ["text", text],
  ["text", ""],
  ["text", "NULL"],
  ["varchar(5)", "12345"],
  ["char(3)", "a", "a  "],
  ["bool", true],
  ["bool", false],
  ["int2", -32768],
  ["int4", 2147483647],
  ["int8", "9223372036854775807"],
  ["int8", 9007199254740993n, "9007199254740993"],
  ["numeric", "12345678901234567890.000123456789000"],
  ["numeric", "NaN"],
  ["float8", 0.1 + 0.2],
  ["float8", 5e-324],
  ["float8", "-Infinity", -Infinity],
  ["float4", 1.5],
  ["uuid", "018f4a3b-7c2d-7e1f-8a9b-0c1d2e3f4a5b"],
  ["jsonb", { a: [1, null, true, 'ü🌍\n"\\'], b: { c: {} }, n: 1e21 }],
  ["jsonb", "null", null],
  ["json", '{"b":1,  "a":"\\u00e9"}', { b: 1, a: "é" }],
  ["bytea", Buffer.from([0, 255, 92, 39, 10, 128])],
  ["bytea", Buffer.alloc(0)],
  ["timestamptz", "2024-02-29T23:59:59.123+02:00", new Date("2024-02-29T21:59:59.123Z")],
  ["timestamptz", "infinity", Infinity],
  ["timestamp", "2024-02-29 12:00:00.000001", new Date(2024, 1, 29, 12)],
  ["date", "2024-02-29", new Date(2024, 1, 29)],
  ["time", "23:59:59.999999"],
  ["inet", "10.0.0.1/8"],
  ["int4range", "[1,5)"],
  ["point", "(1.5,-2)", { x: 1.5, y: -2 }],
  ["text[]", ["a", "b,c", 'd"e\\f', "", null, "NULL", "{}", " ü🌍 "]],
  ["text[]", []],
  [
    "int4[]",
    [
      [1, 2],
      [3, 4],
    ],
  ],
  ["int8[]", ["9007199254740993"]],
  ["numeric[]", "{1.10,NaN}", [1.1, NaN]],
  ["bool[]", [true, false]],
  ["jsonb[]", [{ a: "ü" }, { b: [1, '"'] }]],
];

describeEngines(({ sql }) => {
  test.each(cases)("%s comes back as it was sent (case %#)", async (type, sent, received = sent) => {
    const [row] = await sql().query(`SELECT $1::${type} AS value`, [sent]);
    expect(row).toEqual({ value: received });
  });

  test("NULL is null in every type", async () => {
    const types = [...new Set(cases.map(([type]) => type))];
    const columns = types.map((type, index) => `$${index + 1}::${type} AS c${index}`);
    const [row] = await sql().query(`SELECT ${columns.join(", ")}`, Array<null>(types.length).fill(null));
    expect(Object.values(row ?? {})).toEqual(types.map(() => null));
  });

  test("a stored row keeps its text, its bytes and its time to the microsecond", async () => {
    await sql()`CREATE TABLE kept (body text, bytes bytea, at timestamptz)`;
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await sql()`INSERT INTO kept VALUES (${text}, ${bytes}, ${"2024-02-29T21:59:59.123456Z"})`;
    const [row] = await sql()`SELECT body, bytes, (at AT TIME ZONE 'UTC')::text AS at FROM kept`;
    expect(row).toEqual({ body: text, bytes, at: "2024-02-29 21:59:59.123456" });
  });

  test("two megabytes of text and of bytes travel both ways", async () => {
    const long = "ü🌍a".repeat(TWO_MEGABYTES / 4);
    const bytes = Buffer.alloc(TWO_MEGABYTES, "01234567");
    const [row] = await sql()`SELECT ${long}::text AS long, ${bytes}::bytea AS bytes, length(${long}) AS length`;
    expect(row?.["length"]).toBe((TWO_MEGABYTES / 4) * 3);
    expect(row?.["long"] === long).toBe(true);
    expect(bytes.equals(row?.["bytes"])).toBe(true);
  });
});

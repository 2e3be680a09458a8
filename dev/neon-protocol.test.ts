// The protocol without an engine: what is let in, what is refused in which words, and by HTTP what each refusal looks like.

import { once } from "node:events";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NeonGateway, startNeonGateway } from "./neon-gateway.ts";
import { checkCredentials, parseRequest, Refusal, toAnswer } from "./neon-protocol.ts";

const driver = { "neon-raw-text-output": "true", "neon-array-mode": "true" };
const parse = (body: unknown, headers = {}) =>
  parseRequest({ ...driver, ...headers }, Buffer.from(JSON.stringify(body)));

function refusalOf(act: () => unknown): { status: number; message: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, message: error.message };
    throw error;
  }
  throw new Error("expected a refusal");
}

test("parameters sent by hand are read as Postgres text", () => {
  const params = [null, "text", 1.5, true, { a: "ü" }, ['q"\\', null, 2, false, [["x"]], { b: 1 }]];
  const text = [null, "text", "1.5", "true", '{"a":"ü"}', '{"q\\"\\\\",NULL,2,false,{{"x"}},"{\\"b\\":1}"}'];
  const single = parse({ query: "SELECT 1", params });
  expect(single).toEqual({ type: "single", query: { statement: { text: "SELECT 1", params: text }, arrayMode: true } });
  const query = { statement: { text: "", params: [] }, arrayMode: false };
  expect(parse({ query: "", arrayMode: false })).toEqual({ type: "single", query });
});

test("a batch carries its mode in the headers", () => {
  const headers = { "neon-batch-isolation-level": "RepeatableRead", "neon-batch-read-only": "true" };
  const mode = { isolationLevel: "RepeatableRead", readOnly: true, deferrable: false };
  expect(parse({ queries: [] }, headers)).toEqual({ type: "batch", queries: [], mode });
});

test.each([
  ["no JSON", "{", "not JSON in UTF-8"],
  ["no UTF-8", Buffer.from([0x22, 0xff, 0x22]), "not JSON in UTF-8"],
  ["nothing", "", "not JSON in UTF-8"],
  ["null", "null", "expected {query, params}"],
  ["a query that is no text", '{"query": 1}', "expected {query, params}"],
  ["parameters that are no list", '{"query": "SELECT 1", "params": {}}', "expected {query, params}"],
  ["half a surrogate pair", String.raw`{"query": "SELECT $1", "params": ["\ud83d"]}`, "lone surrogate"],
  ["half a pair in a list", String.raw`{"query": "SELECT $1", "params": [["\udf0d"]]}`, "lone surrogate"],
  ["U+0000 in the query", String.raw`{"query": "SELECT '\u0000'"}`, "embedded null"],
])("a body with %s is refused with the reason", (_, body, reason) => {
  const refusal = refusalOf(() => parseRequest(driver, Buffer.from(body)));
  expect(refusal).toEqual({ status: 400, message: expect.stringContaining(reason) });
});

test("more parameters than Postgres can count are refused", () => {
  expect(parse({ query: "", params: Array.from({ length: 65_535 }, () => 1) }).type).toBe("single");
  const tooMany = () => parse({ query: "", params: Array.from({ length: 65_536 }, () => 1) });
  expect(refusalOf(tooMany).message).toBe("too many parameters (max is 65535)");
});

test("a batch in no known isolation, and a client that wants parsed values, are refused", () => {
  const levels = ["serializable", "toString", ""];
  for (const level of levels) {
    const refusal = refusalOf(() => parse({ queries: [] }, { "neon-batch-isolation-level": level }));
    expect(refusal.message).toBe("invalid isolation level");
  }
  expect(refusalOf(() => parseRequest({}, Buffer.from('{"query":""}'))).message).toContain("Neon-Raw-Text-Output");
});

test("credentials are compared decoded, and each lack has its own words", () => {
  const own = new URL("postgres://brink:p%40ss%2Fword@127.0.0.1/brink");
  const check = (header: string | undefined) => checkCredentials({ "neon-connection-string": header }, own);
  check("postgresql://brink:p%40ss%2fword@ep-x.example:5432/brink?application_name=x");
  const words = (header: string | undefined) => refusalOf(() => check(header)).message;
  expect(words(undefined)).toBe("invalid header: neon-connection-string");
  expect(words("brink")).toBe("invalid connection string");
  expect(words("postgres://brink:%ff@h/brink")).toBe("invalid connection string");
  expect(words("mysql://brink:x@h/brink")).toBe("incorrect scheme");
  expect(words("postgres://brink:x@h")).toBe("missing database name");
  expect(words("postgres://:x@h/brink")).toBe("missing username");
  expect(words("postgres://brink@h/brink")).toBe("missing authentication credentials: required password");
  expect(words("postgres://brink:p%40ss@h/brink")).toBe("password authentication failed for user 'brink'");
  expect(words("postgres://brink:p%40ss%2Fword@h/other")).toBe('database "other" does not exist');
  expect(refusalOf(() => checkCredentials({ authorization: "Bearer x" }, own)).message).toContain("token");
});

test("rows are objects where nobody asked for arrays", () => {
  const field = { name: "n", tableID: 0, columnID: 0, dataTypeID: 23, dataTypeSize: 4, dataTypeModifier: -1 };
  const result = { command: "SELECT", rowCount: 2, fields: [field], rows: [["1"], [null]] };
  expect(toAnswer(result, false)).toMatchObject({ rowAsArray: false, rows: [{ n: "1" }, { n: null }] });
});

describe("by HTTP", () => {
  let gateway: NeonGateway;
  beforeAll(async () => {
    gateway = await startNeonGateway({ engine: { type: "embedded" }, password: "p@ss/word", latencyMs: 1 });
  });
  afterAll(() => gateway.close());
  const headers = () => ({ ...driver, "neon-connection-string": gateway.connectionString });

  async function post(body: string | Buffer<ArrayBuffer>, path = "", method = "POST") {
    const response = await fetch(gateway.fetchEndpoint + path, { method, headers: headers(), body });
    return { status: response.status, body: await response.json() };
  }

  test("a query is answered as Neon answers it", async () => {
    expect(gateway.connectionString).toMatch(/^postgres:\/\/brink:p%40ss%2Fword@127\.0\.0\.1:\d+\/brink$/);
    expect(await post('{"query":"SELECT $1::int8 AS n","params":[7]}')).toEqual({
      status: 200,
      body: {
        command: "SELECT",
        rowCount: 1,
        rowAsArray: true,
        fields: [
          { name: "n", dataTypeID: 20, tableID: 0, columnID: 0, dataTypeSize: 8, dataTypeModifier: -1, format: "text" },
        ],
        rows: [["7"]],
      },
    });
  });

  test("a refusal is 400 with Postgres's report, null where it says nothing", async () => {
    const { status, body } = await post('{"query":"SELECT nothing"}');
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: "42703",
      position: "8",
      detail: null,
      table: null,
      routine: "errorMissingColumn",
    });
  });

  test("other paths and methods are told what there is", async () => {
    expect((await post("{}", "/else")).status).toBe(404);
    expect((await post("{}", "", "PUT")).status).toBe(405);
    expect(await post("{")).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("HTTP request body") },
    });
  });

  test("a request beyond 64 MiB is refused in so many words, announced or not", async () => {
    const refused = { status: 413, body: { message: "request is too large (max is 67108864 bytes)", code: "" } };
    expect(await post(Buffer.alloc(64 * 1024 * 1024 + 1, " "))).toEqual(refused);
    // The upload goes on beyond the limit: a server that stops reading would leave the client writing for ever.
    const upload = request(gateway.fetchEndpoint, { method: "POST", headers: headers() });
    const answered = once(upload, "response");
    for (let sent = 0; sent < 96; sent++) upload.write(Buffer.alloc(1024 * 1024, " "));
    upload.end();
    await once(upload, "finish");
    const [response] = await answered;
    response.resume();
    expect(response.statusCode).toBe(413);
    expect((await post('{"query":"SELECT 1"}')).status).toBe(200);
  });

  test("an answer beyond 64 MiB is refused, and the next one is given", async () => {
    const { status, body } = await post(`{"query":"SELECT repeat('x', 67108864)"}`);
    expect([status, body]).toEqual([507, expect.objectContaining({ message: expect.stringContaining("too large") })]);
    expect((await post('{"query":"SELECT 1"}')).status).toBe(200);
  });

  test("a port that is taken is one clear sentence", async () => {
    const port = Number(new URL(gateway.fetchEndpoint).port);
    const second = startNeonGateway({ engine: { type: "embedded" }, port });
    await expect(second).rejects.toThrow(`The Neon gateway cannot listen on 127.0.0.1:${port}.`);
  });
});

// Bad input, through the public API: each a problem that says what and where, never a 500, and nothing stored.

import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { newId, problemOf, readStream } from "../../dev/api-client.ts";
import headersFile from "../../web/public/_headers?raw";
import { FAST, guest, model, request } from "../test-client.ts";
import { SECURITY_HEADERS } from "./middleware/security-headers.ts";

test("what is wrong with a send is a 4xx with its code and place, and nothing is stored", async () => {
  const client = await guest();
  const cid = newId();
  const good = { id: newId(), text: "hello" };
  const path = `/api/conversations/${cid}/messages`;
  const post = (body: string, headers: Record<string, string> = { "Content-Type": "application/json" }) =>
    client.call(path, { method: "POST", body, headers });
  const cases: [string, Promise<Response>, number, string, string?][] = [
    ["not JSON", post("{nope"), 400, "bad_json"],
    [
      "no body",
      client.call(path, { method: "POST", headers: { "Content-Type": "application/json" } }),
      400,
      "bad_json",
    ],
    ["null", post("null"), 400, "bad_body", ""],
    ["an array", post("[]"), 400, "bad_body", ""],
    ["no id", post(JSON.stringify({ text: "x" })), 400, "bad_body", "id"],
    ["an upper-case id", post(JSON.stringify({ ...good, id: good.id.toUpperCase() })), 400, "bad_body", "id"],
    ["a number for a text", post(JSON.stringify({ ...good, text: 5 })), 400, "bad_body", "text"],
    ["an empty text", post(JSON.stringify({ ...good, text: " \n" })), 400, "bad_body", "text"],
    ["an unknown field", post(JSON.stringify({ ...good, mood: "happy" })), 400, "bad_body", "mood"],
    ["a bad parent", post(JSON.stringify({ ...good, parentId: "x" })), 400, "bad_body", "parentId"],
    [
      "a bad parameter",
      post(JSON.stringify({ ...good, params: { temperature: 9 } })),
      400,
      "bad_body",
      "params.temperature",
    ],
    ["an unknown model", post(JSON.stringify({ ...good, model: "gpt-2" })), 400, "unknown_model"],
    ["a model without a name", post(JSON.stringify({ ...good, model: "" })), 400, "unknown_model"],
    ["a long name", post(JSON.stringify({ ...good, model: model("x".repeat(200)) })), 400, "unknown_model"],
    ["a text of 1 MB", post(JSON.stringify({ ...good, text: "x".repeat(1_000_000) })), 413, "text_too_long"],
    ["one unit too many", post(JSON.stringify({ ...good, text: "x".repeat(100_001) })), 413, "text_too_long"],
    ["a body of 3 MB", post(JSON.stringify({ ...good, text: "x".repeat(3_000_000) })), 413, "body_too_large"],
    ["a form", post("id=1", { "Content-Type": "application/x-www-form-urlencoded" }), 415, "unsupported_media_type"],
    ["text/plain", post(JSON.stringify(good), { "Content-Type": "text/plain" }), 415, "unsupported_media_type"],
    ["deep nesting", post(`${"[".repeat(50_000)}${"]".repeat(50_000)}`), 400, "bad_body"],
  ];
  for (const [what, answer, status, code, path] of cases) {
    const response = await answer;
    const problem = await problemOf(response);
    expect([response.status, problem.code, problem.status], what).toEqual([status, code, status]);
    expect(problem.requestId, what).toBe(response.headers.get("X-Request-Id"));
    if (path !== undefined)
      expect(
        problem.errors?.map((error) => error.path),
        what,
      ).toContain(path);
  }
  expect((await client.call(`/api/conversations/${cid}`)).status).toBe(404);
  const tables = await runInDurableObject(env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(cid)), (_, { storage }) =>
    storage.sql.exec("select name from sqlite_master").toArray(),
  );
  expect(tables).toEqual([]);
  expect((await client.send(cid, { ...good, model: FAST })).status).toBe(200);
});

test("a name that is not known is told back, and no more than the beginning of a long one", async () => {
  const client = await guest();
  const long = (index: number) => `${index}${"😀".repeat(500)}`;
  const fields = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [long(index), 1]));
  const path = `/api/conversations/${newId()}`;
  const name = (index: number) => encodeURIComponent(long(index));
  const query = `${path}?${name(1)}=1&${name(2)}=2`;
  const twice = `${path}?${name(1)}=1&${name(1)}=2`;
  for (const [code, told, answer] of [
    ["bad_body", 20, await client.callJson("PATCH", path, fields)],
    ["bad_query", 2, await client.call(query)],
    ["bad_query", 1, await client.call(twice)],
  ] as const) {
    const problem = await problemOf(answer);
    expect(problem.code).toBe(code);
    expect(problem.errors).toHaveLength(told);
    for (const { path } of problem.errors ?? []) {
      expect(path).toMatch(/^\d+😀/u);
      expect(path).toHaveLength(100);
      expect(path.isWellFormed()).toBe(true);
    }
  }
});

test("a body without the type of JSON is refused wherever it comes, and no body needs no type", async () => {
  const client = await guest();
  const stop = `/api/conversations/${newId()}/generations/${newId()}/stop`;
  const headers = { "Content-Type": "text/plain", "Content-Length": "1" };
  for (const [path, method] of [
    [stop, "POST"],
    ["/api/session/guest", "POST"],
    [`/api/conversations/${newId()}`, "DELETE"],
  ] as const) {
    expect((await problemOf(await client.call(path, { method, body: "x", headers }))).code).toBe(
      "unsupported_media_type",
    );
  }
  expect((await problemOf(await client.call(stop, { method: "POST" }))).code).toBe("not_found");
});

test("a call that takes nothing takes no body or an empty object, and says what is wrong with another", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  await readStream(await client.send(cid, { id, text: "x", model: FAST }));
  for (const path of ["/api/session/guest", `/api/conversations/${cid}/generations/${id}/stop`]) {
    const post = (body: string) =>
      client.call(path, {
        method: "POST",
        body,
        headers: { "Content-Type": "application/json", "Content-Length": String(body.length) },
      });
    expect((await client.call(path, { method: "POST" })).status, path).toBe(200);
    expect((await post("{}")).status, path).toBe(200);
    expect((await problemOf(await post("{"))).code, path).toBe("bad_json");
    expect((await problemOf(await post("[]"))).code, path).toBe("bad_body");
    expect((await problemOf(await post('{"mood":"happy"}'))).errors, path).toEqual([
      { path: "mood", message: "is not known here" },
    ]);
  }
});

test("queries are never clamped", async () => {
  const client = await guest();
  const cid = newId();
  await readStream(await client.send(cid, { id: newId(), text: "x", model: FAST }));
  const list = [
    "limit=0",
    "limit=101",
    "limit=ten",
    "limit=1.5",
    "limit=",
    "cursor=junk",
    "page=2",
    "limit=1&limit=2",
    "cursor=",
  ];
  const one = ["limit=0", "limit=201", "before=0", "before=-1", "since=-1", "since=x", "since=1e3", "nope=1"];
  for (const query of list) {
    expect((await problemOf(await client.call(`/api/conversations?${query}`))).code, query).toBe("bad_query");
  }
  for (const query of one) {
    expect((await problemOf(await client.call(`/api/conversations/${cid}?${query}`))).code, query).toBe("bad_query");
  }
});

test("without a session nothing is told and nothing is done", async () => {
  const cid = newId();
  const calls: [string, RequestInit?][] = [
    ["/api/conversations"],
    [`/api/conversations/${cid}`],
    [`/api/conversations/${cid}`, { method: "DELETE" }],
    [
      `/api/conversations/${cid}/messages`,
      { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } },
    ],
    [`/api/conversations/${cid}/generations/${cid}/stream`],
    [`/api/conversations/${cid}/generations/${cid}/stop`, { method: "POST" }],
  ];
  for (const [path, init] of calls) {
    const response = await request(path, init);
    expect([response.status, (await problemOf(response)).code], path).toEqual([401, "unauthenticated"]);
  }
  for (const cookie of ["brink_session=forged", `brink_session=${newId()}.1.AAAA`, "brink_session="]) {
    expect((await request("/api/conversations", { headers: { Cookie: cookie } })).status, cookie).toBe(401);
  }
});

test("a changed signature is no session", async () => {
  const client = await guest();
  const [name, value = ""] = client.cookie.split("=", 2);
  const other = (await guest()).cookie.split("=", 2)[1] ?? "";
  const forged = `${name}=${value.slice(0, 40)}${other.slice(40)}`;
  expect((await request("/api/conversations", { headers: { Cookie: forged } })).status).toBe(401);
});

test("a guest session is a cookie; asking again changes nothing", async () => {
  expect(await (await request("/api/session")).json()).toMatchObject({ user: null, limits: { textLength: 100_000 } });
  const begun = await request("/api/session/guest", { method: "POST" });
  const cookie = begun.headers.getSetCookie()[0] ?? "";
  expect(cookie).toMatch(/^brink_session=.*; Path=\/; HttpOnly; SameSite=Lax|Max-Age/);
  expect(cookie).toContain("HttpOnly");
  const session = await begun.json<{ user: { id: string; kind: string } }>();
  expect(session.user.kind).toBe("guest");
  const again = await request("/api/session/guest", {
    method: "POST",
    headers: { Cookie: cookie.split(";")[0] ?? "" },
  });
  expect(again.headers.getSetCookie()).toEqual([]);
  expect(await again.json()).toEqual(session);
});

test("changes from another site's page are refused, and clients that are no browser are not", async () => {
  const client = await guest();
  const path = `/api/conversations/${newId()}/messages`;
  const body = JSON.stringify({ id: newId(), text: "x", model: FAST });
  const post = (headers: Record<string, string>) =>
    client.call(path, { method: "POST", body, headers: { "Content-Type": "application/json", ...headers } });
  for (const headers of [
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
    { Origin: "https://evil.example" },
    { Origin: "null" },
    { Origin: "http://127.0.0.1", "Sec-Fetch-Site": "cross-site" },
  ]) {
    expect((await problemOf(await post(headers))).code).toBe("cross_origin");
  }
  expect((await post({ Origin: "http://127.0.0.1", "Sec-Fetch-Site": "same-origin" })).status).toBe(200);
  expect((await post({})).status).toBe(200);
});

test("every answer carries an id and the security headers, and the assets carry the same", async () => {
  for (const path of ["/healthz", "/api/config", "/nowhere", "/assets/missing.js", "/api/conversations"]) {
    const response = await request(path);
    expect(response.headers.get("X-Request-Id"), path).toMatch(/^[0-9a-f-]{36}$/);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) expect(response.headers.get(name), path).toBe(value);
  }
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) expect(headersFile).toContain(`${name}: ${value}`);
});

test("a missing asset and a path that is nothing are problems, not pages", async () => {
  for (const path of ["/assets/missing.js", "/c/not-an-id", "/api/nope", "/.env"]) {
    const response = await request(path);
    expect([response.status, (await problemOf(response)).code], path).toEqual([404, "not_found"]);
  }
});

test("a person who comes by a link that leads nowhere is shown so by the page", async () => {
  const Accept = "text/html,application/xhtml+xml,*/*;q=0.8";
  for (const path of ["/c/not-an-id", `/c/${newId()}/`, "/nothing/here"]) {
    const response = await request(path, { headers: { Accept } });
    expect([response.status, response.headers.get("Content-Type")], path).toEqual([404, "text/html; charset=utf-8"]);
    expect(await response.text()).toContain("<title>Brink</title>");
  }
  const problem = await request("/api/nope", { headers: { Accept } });
  expect([problem.status, (await problemOf(problem)).code]).toEqual([404, "not_found"]);
});

test("the configuration is told with an ETag", async () => {
  const response = await request("/api/config");
  expect(await response.json()).toMatchObject({
    models: [{ id: "brink-simulated", contextTokens: 128_000 }],
    limits: { liveGenerations: 3 },
  });
  const etag = response.headers.get("ETag") ?? "";
  expect((await request("/api/config", { headers: { "If-None-Match": etag } })).status).toBe(304);
  // A session that is renewed rides on it: no cache between may hand that on.
  expect(response.headers.get("Cache-Control")).toBe("private, no-cache");
});

test("readyz tells of each of the three", async () => {
  const response = await request("/readyz");
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    database: { state: "ok" },
    redis: { state: "ok" },
    providers: { state: "ok" },
  });
});

test("the list has a new conversation at once, pages by keyset, and follows changes", async () => {
  const client = await guest();
  const cids = [newId(), newId(), newId()] as const;
  for (const [index, cid] of cids.entries())
    await readStream(await client.send(cid, { id: newId(), text: `chat ${index}`, model: FAST }));
  type List = { items: { id: string; title: string; pinned: boolean }[]; nextCursor: string | null };
  const list = async (query = "") => (await client.call(`/api/conversations${query}`)).json<List>();
  await expect.poll(async () => (await list()).items.map(({ id }) => id)).toEqual([...cids].reverse());
  const first = await list("?limit=2");
  expect(first.items).toHaveLength(2);
  const second = await list(`?limit=2&cursor=${first.nextCursor}`);
  expect(second).toMatchObject({ items: [{ id: cids[0] }], nextCursor: null });
  const patched = await client.callJson("PATCH", `/api/conversations/${cids[1]}`, { title: "new name", pinned: true });
  expect(await patched.json()).toMatchObject({ id: cids[1], title: "new name", pinned: true });
  expect((await list()).items.find(({ id }) => id === cids[1])).toMatchObject({ title: "new name", pinned: true });
  expect((await client.snapshot(cids[1])).title).toBe("new name");
  for (const [patch, code] of [
    [{}, "bad_body"],
    [{ title: "" }, "bad_body"],
    [{ title: "x".repeat(201) }, "bad_body"],
    [{ colour: "red" }, "bad_body"],
    [{ activeLeafId: newId() }, "bad_body"],
    [{ model: "gpt-2" }, "unknown_model"],
  ] as const) {
    expect((await problemOf(await client.callJson("PATCH", `/api/conversations/${cids[1]}`, patch))).code).toBe(code);
  }
});

test("as many answers as allowed are written at once; the next is told to wait, and a place comes back (promise 14)", async () => {
  const client = await guest();
  const slow = "brink-simulated:first=20,rate=20,tokens=400";
  const live = await Promise.all(
    [1, 2, 3].map(async () => {
      const [cid, id] = [newId(), newId()];
      await client.post(cid, { id, text: "long", model: slow });
      return { cid, id };
    }),
  );
  const cid = newId();
  const refused = await client.send(cid, { id: newId(), text: "one too many", model: slow });
  expect([refused.status, (await problemOf(refused)).code]).toEqual([429, "too_many_live"]);
  expect((await client.call(`/api/conversations/${cid}`)).status).toBe(404);
  for (const { cid, id } of live) await client.stop(cid, id);
  await expect.poll(async () => (await client.send(cid, { id: newId(), text: "now", model: FAST })).status).toBe(200);
});

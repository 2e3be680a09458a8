// A session's cookie has one form: another spelling of a good one is no session, and so is never remembered.

import { expect, test } from "vitest";
import { Hono } from "hono";
import { guest, request } from "../test-client.ts";
import { readSession, writeSession } from "./session.ts";

const statusOf = async (cookie: string) =>
  (await request("/api/conversations", { headers: { Cookie: cookie } })).status;

async function cookieParts() {
  const [name = "", value = ""] = (await guest()).cookie.split("=", 2);
  const cookie = decodeURIComponent(value);
  const at = cookie.lastIndexOf(".") + 1;
  return { name, signed: cookie.slice(0, at), signature: cookie.slice(at) };
}

test("a signature spelled in another way than ours is no session, and ours still is", async () => {
  const { name, signed, signature } = await cookieParts();
  expect(signature).toHaveLength(44);
  // The last digit stands for two bits that the padding cuts off: 1 more says the same bytes.
  const last = String.fromCharCode(signature.charCodeAt(42) + 1);
  const spellings = {
    "a blank within": `${signature.slice(0, 20)} ${signature.slice(20)}`,
    "a thousand blanks": `${signature.slice(0, 20)}${" ".repeat(1_000)}${signature.slice(20)}`,
    "an escaped line end": `${signature.slice(0, 20)}%0A${signature.slice(20)}`,
    "no padding": signature.slice(0, 43),
    "other trailing bits": `${signature.slice(0, 42)}${last}=`,
    "more after it": `${signature}.`,
  };
  for (const [what, spelling] of Object.entries(spellings)) {
    expect(await statusOf(`${name}=${signed}${spelling}`), what).toBe(401);
  }
  expect(await statusOf(`${name}=${signed}${signature}`)).toBe(200);
  expect(await statusOf(`${name}=${signed}${encodeURIComponent(signature)}`)).toBe(200);
});

test("after the secret has changed, a session of the one before goes on and is signed anew; of any other it does not", async () => {
  const [before, after] = ["b".repeat(32), "a".repeat(32)];
  const id = "01890a5d-ac96-774b-bcce-b302099a8057";
  const serve = (sessionSecret: string, previousSessionSecret: string | null) => {
    const config = { sessionSecret, previousSessionSecret, isLocal: true };
    return new Hono()
      .get("/begin", async (c) => {
        await writeSession(c, config, id, 1_000);
        return c.body(null);
      })
      .get("/", async (c) => c.json((await readSession(c, config, 2_000))?.id ?? null));
  };
  const cookieOf = (response: Response) => (response.headers.get("Set-Cookie") ?? "").split(";", 1)[0] ?? "";
  const ask = (cookie: string, app: Hono) => app.request("/", { headers: { Cookie: cookie } });
  const old = cookieOf(await serve(before, null).request("/begin"));

  for (let time = 0; time < 2; time++) {
    const response = await ask(old, serve(after, before));
    expect(await response.json()).toBe(id);
    const renewed = cookieOf(response);
    expect(renewed).not.toBe("");
    const again = await ask(renewed, serve(after, null));
    expect([await again.json(), cookieOf(again)]).toEqual([id, ""]);
  }
  const other = cookieOf(await serve("c".repeat(32), null).request("/begin"));
  expect(await (await ask(other, serve(after, before))).json()).toBeNull();
});

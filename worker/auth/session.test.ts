// A session's cookie has one form: another spelling of a good one is no session, and so is never remembered.

import { expect, test } from "vitest";
import { guest, request } from "../test-client.ts";

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

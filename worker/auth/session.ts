// Sessions as a signed cookie: `USERID.ISSUEDAT.SIGNATURE`. A guest's session is nothing else, so starting one stores
// nothing, and checking one asks nobody. The form is that of hono's signed cookies, which import the key on every
// request: a twelfth of what it cost to start a conversation. A cookie that was found good stays so, and is remembered.

import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { User } from "../../protocol/api.ts";
import { isId } from "../../protocol/cursor.ts";
import { sign, verify } from "./hmac.ts";

const LIFE_SECONDS = 400 * 24 * 3_600; // The longest that browsers keep a cookie; a guest's chats hang on it.
const RENEW_AFTER_MS = 30 * 24 * 3_600_000;

export type SessionConfig = { sessionSecret: string; previousSessionSecret: string | null; isLocal: boolean };

// `__Host-` binds the cookie to this very origin and demands Secure, which plain-HTTP clients at home cannot offer.
const nameOf = ({ isLocal }: SessionConfig) => (isLocal ? "brink_session" : "__Host-brink_session");

// What `writeSession` writes is 95 long. Anybody can have many cookies that are good, and each is remembered.
const MAX_LENGTH = 128;
// A MAC has one form: `atob` takes blanks, no padding, and any bits in what the padding cuts off.
const SIGNATURE = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

const MAX_GOOD = 2_000;
/** Those that were found good, and whether the present secret signed them. An isolate has one pair of secrets. */
const good = new Map<string, boolean>();

function remember(cookie: string, isPresent: boolean): void {
  good.set(cookie, isPresent);
  const [oldest] = good.keys();
  if (good.size > MAX_GOOD && oldest !== undefined) good.delete(oldest);
}

/** Null when there is no session, or none of ours. */
export async function readSession(c: Context, config: SessionConfig, now: number): Promise<User | null> {
  const name = nameOf(config);
  if (!(c.req.header("Cookie") ?? "").includes(`${name}=`)) return null;
  const cookie = getCookie(c, name) ?? "";
  if (cookie.length > MAX_LENGTH) return null;
  const [id = "", issued = "", signature = "", ...rest] = cookie.split(".");
  if (!good.has(cookie)) {
    if (rest.length > 0 || !SIGNATURE.test(signature)) return null;
    const mac = Uint8Array.from(atob(signature), (char) => char.charCodeAt(0));
    const isSignedBy = (secret: string) => verify(secret, `${id}.${issued}`, mac);
    const { sessionSecret, previousSessionSecret: previous } = config;
    const isPresent = await isSignedBy(sessionSecret);
    if (!isPresent && (previous === null || !(await isSignedBy(previous)))) return null;
    remember(copyOf(cookie), isPresent);
  }
  const issuedAt = Number(issued);
  if (!isId(id) || !Number.isSafeInteger(issuedAt)) return null;
  if (now - issuedAt > LIFE_SECONDS * 1_000) return null;
  if (now - issuedAt > RENEW_AFTER_MS || good.get(cookie) === false) await writeSession(c, config, id, now);
  return { id, kind: "guest" };
}

export async function writeSession(c: Context, config: SessionConfig, userId: string, now: number): Promise<void> {
  const value = `${userId}.${now}`;
  const signature = btoa(String.fromCharCode(...(await sign(config.sessionSecret, value))));
  setCookie(c, nameOf(config), `${value}.${signature}`, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: !config.isLocal,
    maxAge: LIFE_SECONDS,
  });
}

/** A part of a string keeps all of it, here the whole header, in memory. */
function copyOf(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}

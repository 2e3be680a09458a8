// Sessions as a signed cookie: `USERID.ISSUEDAT`, signed by hono. A guest's session is nothing else, so starting one
// stores nothing, and checking one asks nobody.

import type { Context } from "hono";
import { getSignedCookie, setSignedCookie } from "hono/cookie";
import type { User } from "../../protocol/api.ts";
import { isId } from "../../protocol/cursor.ts";

const LIFE_SECONDS = 400 * 24 * 3_600; // The longest that browsers keep a cookie; a guest's chats hang on it.
const RENEW_AFTER_MS = 30 * 24 * 3_600_000;

export type SessionConfig = { sessionSecret: string; isLocal: boolean };

// `__Host-` binds the cookie to this very origin and demands Secure, which plain-HTTP clients at home cannot offer.
const nameOf = ({ isLocal }: SessionConfig) => (isLocal ? "brink_session" : "__Host-brink_session");

/** Null when there is no session, or none of ours. */
export async function readSession(c: Context, config: SessionConfig, now: number): Promise<User | null> {
  const name = nameOf(config);
  if (!(c.req.header("Cookie") ?? "").includes(`${name}=`)) return null;
  const value = await getSignedCookie(c, config.sessionSecret, name);
  if (typeof value !== "string") return null;
  const [id = "", issued = ""] = value.split(".");
  const issuedAt = Number(issued);
  if (!isId(id) || !Number.isSafeInteger(issuedAt)) return null;
  if (now - issuedAt > LIFE_SECONDS * 1_000) return null;
  if (now - issuedAt > RENEW_AFTER_MS) await writeSession(c, config, id, now);
  return { id, kind: "guest" };
}

export async function writeSession(c: Context, config: SessionConfig, userId: string, now: number): Promise<void> {
  await setSignedCookie(c, nameOf(config), `${userId}.${now}`, config.sessionSecret, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: !config.isLocal,
    maxAge: LIFE_SECONDS,
  });
}

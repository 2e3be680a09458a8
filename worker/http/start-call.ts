// What every request that starts an answer has in common, whatever it starts: who, from where, and how it wants to hear.

import type { Context } from "hono";
import type { Params, User } from "../../protocol/api.ts";
import { AppError } from "./app-error.ts";
import type { AppEnv } from "./app-env.ts";
import { fetchFrom } from "./conversation-stub.ts";
import { isDenied, noteDenial } from "./denials.ts";
import { readAddress } from "./parse.ts";
import { noteDecided, noteUndecided } from "./undecided.ts";

type StartRequest = { model?: string | undefined; params?: Params | undefined };

/** @throws AppError with the object's refusal */
export async function startAnswer(
  c: Context<AppEnv>,
  user: User,
  conversationId: string,
  path: string,
  request: StartRequest,
): Promise<Response> {
  const { now, config } = c.get("services");
  const address = await readAddress(c);
  const sender = { user: user.id, address };
  // A verdict that is out may let each of these in: no more of them are asked for than may be.
  const beganAt = now();
  const isCrowd = noteUndecided(user.id, beganAt) >= (config.quota?.live ?? Infinity);
  const call = {
    conversationId,
    owner: { id: user.id, kind: user.kind },
    address,
    request,
    params: request.params ?? {},
    isVerdictFirst: isCrowd || isDenied(sender, beganAt),
    wantsStream: wantsStream(c.req.header("Accept")),
  };
  try {
    const response = await fetchFrom(c, conversationId, path, call);
    return new Response(response.body, response);
  } catch (error) {
    if (error instanceof AppError) noteDenial(sender, error, now());
    throw error;
  } finally {
    noteDecided(user.id, beganAt);
  }
}

/** JSON only where it is asked for and a stream is not. */
function wantsStream(accept = ""): boolean {
  const types = accept.toLowerCase();
  return !types.includes("application/json") || types.includes("text/event-stream");
}

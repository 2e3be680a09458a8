// What every request that starts an answer has in common, whatever it starts: who, from where, and how it wants to hear.

import type { Context } from "hono";
import type { Params, User } from "../../protocol/api.ts";
import { nameAddress } from "../auth/address.ts";
import { isKnownModel } from "../core/models.ts";
import { AppError } from "./app-error.ts";
import type { AppEnv } from "./app-env.ts";
import { fetchFrom } from "./conversation-stub.ts";
import { forgetDenial, isDenied, noteDenial } from "./denials.ts";

type StartRequest = { model?: string | undefined; params?: Params | undefined };

/** @throws AppError unknown_model, or the object's refusal */
export async function startAnswer(
  c: Context<AppEnv>,
  user: User,
  conversationId: string,
  path: string,
  request: StartRequest,
): Promise<Response> {
  const { config, now } = c.get("services");
  if (request.model !== undefined && !isKnownModel(request.model, config.model.id)) throw new AppError("unknown_model");
  const call = {
    conversationId,
    owner: { id: user.id, kind: user.kind },
    address: await nameAddress(c.req.header("CF-Connecting-IP"), config.isLocal, config.sessionSecret),
    request,
    params: request.params ?? {},
    isVerdictFirst: isDenied(user.id, now()),
    wantsStream: wantsStream(c.req.header("Accept")),
  };
  try {
    const response = await fetchFrom(c, conversationId, path, call);
    forgetDenial(user.id);
    return new Response(response.body, response);
  } catch (error) {
    if (error instanceof AppError) noteDenial(user.id, error, now());
    throw error;
  }
}

/** JSON only where it is asked for and a stream is not. */
function wantsStream(accept = ""): boolean {
  return !accept.includes("application/json") || accept.includes("text/event-stream");
}

// Starting an answer, whatever asked for it: looked up by its id first, judged beside the call to the model, and stored
// in one turn. A refused start leaves nothing behind, and its id may come again.

import type { Params } from "../../protocol/api.ts";
import { isKnownModel } from "../core/models.ts";
import type { PromptMessage } from "../core/prompt.ts";
import type { AnswerLog } from "./answer-log.ts";
import { buildPrompt, callProvider, type DispatchedCall, recover } from "./answering.ts";
import type { Answer, Owner, Refusal } from "./calls.ts";
import { leaseOf, type Memory } from "./memory.ts";
import { lookForLost, restore } from "./rebuilding.ts";
import type { Stored } from "../core/owed.ts";

export type Start = {
  conversationId: string;
  id: string;
  owner: Owner;
  /** For the limiter: `ip:HMAC`. */
  address: string;
  params: Params;
  /** The model asked for by name. */
  model: string | undefined;
  isVerdictFirst: boolean;
  /** What must be the same when the id comes again. */
  fingerprint: string;
  /** What is known of this id before any limit is asked: an answer that exists, a refusal, or nothing. */
  lookUp(memory: Memory): Answer<AnswerLog> | null;
  /** What to ask the model, decided when nothing stands in the way. */
  plan(memory: Memory): Plan;
};

export type Plan = {
  model: string;
  /** The branch whose leaf this is, and what follows it, are the prompt. */
  leaf: number | null;
  added: PromptMessage[];
  /** Writes everything, in one synchronous turn, and puts the answer to work. */
  store(provider: DispatchedCall, isCached: boolean): AnswerLog;
};

export const refuse = (refusal: Refusal): Answer<never> => ({ ok: false, refusal });

export type Started = { log: AnswerLog; isNew: boolean };

export async function startAnswer(memory: Memory, start: Start): Promise<Answer<Started>> {
  for (;;) {
    recover(memory);
    const { record, pending } = memory;
    if (record !== null && memory.recordFor(start.owner.id) === null) return refuse({ code: "not_found" });
    const known = start.lookUp(memory);
    if (known !== null) return known.ok ? { ok: true, value: { log: known.value, isNew: false } } : known;
    if (start.model !== undefined && !isKnownModel(start.model, memory.services.config.model.id)) {
      return refuse({ code: "unknown_model" });
    }
    if (pending === null) {
      const outcome = await acknowledge(memory, start);
      if (outcome !== "found") return outcome;
      continue;
    }
    if (pending.owner !== start.owner.id) return refuse({ code: "not_found" });
    if (pending.id !== start.id) return refuse({ code: "busy", generationId: pending.id });
    if (pending.fingerprint !== start.fingerprint) return refuse({ code: "id_conflict" });
    // The same start, twice at once: the second shares what comes of the first, a refusal too.
    const refusal = await pending.settled;
    if (refusal !== null) return refuse(refusal);
  }
}

/** `found`: Postgres knew the conversation, and it is here again; look once more. */
type Outcome = Answer<Started> | "found";

async function acknowledge(memory: Memory, start: Start): Promise<Outcome> {
  const { promise: settled, resolve } = Promise.withResolvers<Refusal | null>();
  const { id, owner, fingerprint } = start;
  memory.pending = { id, owner: owner.id, fingerprint, settled };
  let refusal: Refusal | null = null;
  try {
    const outcome = await judge(memory, start, start.plan(memory));
    if (outcome !== "found" && !outcome.ok) refusal = outcome.refusal;
    return outcome;
  } finally {
    memory.pending = null;
    resolve(refusal);
  }
}

async function judge(memory: Memory, start: Start, plan: Plan): Promise<Outcome> {
  const { services } = memory;
  const { limiter } = services;
  const { owner, params } = start;
  const subject = { user: `user:${owner.id}`, address: start.address, lease: leaseOf(start.conversationId, start.id) };
  const prompt = buildPrompt(memory, memory.record, plan.leaf, plan.added, plan.model, params);
  const mayBeCached = params.cache === true;

  const lookedFor = lookForLost(memory, start.conversationId, owner.id);

  if (start.isVerdictFirst) {
    const verdict = await limiter.judge(subject);
    if (!verdict.allowed) return takeBack(memory, owner.id, await lookedFor) ?? refuse(verdict);
  }
  const provider = callProvider(memory, prompt, mayBeCached ? owner.id : null);
  const [verdict, isCached, lost] = await Promise.all([
    start.isVerdictFirst ? ({ allowed: true } as const) : limiter.judge(subject, !mayBeCached),
    mayBeCached ? isCacheHit(provider) : provider.dispatched.then(() => false),
    lookedFor,
  ]);
  const undo = <Result>(result: Result): Result => {
    provider.abort();
    if (verdict.allowed) void limiter.release(subject);
    return result;
  };
  // Before the verdict counts: what was lost may hold this very id, which counts against no limit.
  const known = takeBack(memory, owner.id, lost);
  if (known !== null) return undo(known);
  if (!verdict.allowed) return undo(refuse(verdict));
  try {
    return { ok: true, value: { log: plan.store(provider, isCached), isNew: true } };
  } catch (error) {
    undo(null);
    throw error;
  }
}

/** Puts what Postgres knew in its place again. Null where nothing stands in the way of a new conversation. */
export function takeBack(memory: Memory, ownerId: string, lost: Stored): Answer<never> | "found" | null {
  // Gates do not hold across a fetch: the conversation may have been deleted meanwhile.
  if (memory.record !== null && memory.recordFor(ownerId) === null) return refuse({ code: "not_found" });
  if (lost === "taken") return refuse({ code: "not_found" });
  if (lost === "none" || memory.record !== null) return null;
  restore(memory, lost.conversation, lost.messages);
  return "found";
}

async function isCacheHit(provider: DispatchedCall): Promise<boolean> {
  const { value, done } = await provider.first;
  return done !== true && value.some((event) => event.type === "cache" && event.isHit);
}

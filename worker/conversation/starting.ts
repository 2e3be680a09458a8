// Starting an answer, whatever asked for it: looked up by its id first, judged beside the call to the model, and stored
// in one turn. A refused start leaves nothing behind, and its id may come again.

import type { Params } from "../../protocol/api.ts";
import type { PromptMessage } from "../core/prompt.ts";
import type { AnswerLog } from "./answer-log.ts";
import { buildPrompt, callProvider, type DispatchedCall, recover } from "./answering.ts";
import type { Answer, Owner, Refusal } from "./calls.ts";
import type { Memory } from "./memory.ts";

export type Start = {
  id: string;
  owner: Owner;
  /** For the limiter: `ip:HMAC`. */
  address: string;
  params: Params;
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

export async function startAnswer(memory: Memory, start: Start): Promise<Answer<AnswerLog>> {
  for (;;) {
    recover(memory);
    const { record, pending } = memory;
    if (record !== null && memory.recordFor(start.owner.id) === null) return refuse({ code: "not_found" });
    const known = start.lookUp(memory);
    if (known !== null) return known;
    if (pending === null) return acknowledge(memory, start);
    if (pending.owner !== start.owner.id) return refuse({ code: "not_found" });
    if (pending.id !== start.id) return refuse({ code: "busy", generationId: pending.id });
    if (pending.fingerprint !== start.fingerprint) return refuse({ code: "id_conflict" });
    // The same start, twice at once: the second waits for what comes of the first.
    await pending.settled;
  }
}

async function acknowledge(memory: Memory, start: Start): Promise<Answer<AnswerLog>> {
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  const { id, owner, fingerprint } = start;
  memory.pending = { id, owner: owner.id, fingerprint, settled };
  try {
    return await judge(memory, start, start.plan(memory));
  } finally {
    memory.pending = null;
    resolve();
  }
}

async function judge(memory: Memory, start: Start, plan: Plan): Promise<Answer<AnswerLog>> {
  const { limiter } = memory.services;
  const { owner, params } = start;
  const subject = { user: `user:${owner.id}`, address: start.address, generationId: start.id };
  const prompt = buildPrompt(memory, memory.record, plan.leaf, plan.added, plan.model, params);
  const mayBeCached = params.cache === true;

  if (start.isVerdictFirst) {
    const verdict = await limiter.judge(subject);
    if (!verdict.allowed) return refuse(verdict);
  }
  const provider = callProvider(memory, prompt, mayBeCached ? owner.id : null);
  const [verdict, isCached] = await Promise.all([
    start.isVerdictFirst ? ({ allowed: true } as const) : limiter.judge(subject),
    mayBeCached ? isCacheHit(provider) : provider.dispatched.then(() => false),
  ]);
  if (!verdict.allowed) {
    provider.abort();
    return refuse(verdict);
  }
  // Gates do not hold across a fetch: the conversation may have been deleted meanwhile.
  if (memory.record !== null && memory.recordFor(owner.id) === null) {
    provider.abort();
    void limiter.release(subject);
    return refuse({ code: "not_found" });
  }
  return { ok: true, value: plan.store(provider, isCached) };
}

async function isCacheHit(provider: DispatchedCall): Promise<boolean> {
  const { value, done } = await provider.first;
  return done !== true && value.some((event) => event.type === "cache" && event.isHit);
}

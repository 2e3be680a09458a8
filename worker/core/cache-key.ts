// What makes two prompts the same: the canonical JSON whose SHA-256 names a cached answer. Pure; hashing is an adapter's.

import type { Prompt } from "./prompt.ts";

/** Per owner, so that no answer crosses from one user to another (promise 13). Keys stand in one fixed order. */
export function cacheIdentity(owner: string, provider: string, prompt: Prompt): string {
  const { temperature, topP, maxTokens, seed, reasoningEffort } = prompt.params;
  return JSON.stringify([
    owner,
    provider,
    prompt.model,
    [temperature ?? null, topP ?? null, maxTokens ?? null, seed ?? null, reasoningEffort ?? null],
    prompt.messages.map(({ role, content }) => [role, content]),
  ]);
}

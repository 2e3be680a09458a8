// Who is here and what this server offers. Nobody has to sign in to begin: without a session a guest's is started.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Model, SessionAnswer, User } from "../../protocol/api.ts";
import { ApiError } from "../api-error.ts";
import type { Api } from "../api.ts";

/** Used until the server has said its own; the contract's figure. */
const TEXT_LENGTH = 100_000;

export type Session = {
  readonly user: ReadonlySignal<User | null>;
  readonly models: ReadonlySignal<readonly Model[]>;
  /** The longest message, in UTF-16 units. */
  readonly textLength: ReadonlySignal<number>;
  /** Begins, once; later calls join the first one, or try again after a failure. */
  start(): Promise<void>;
  /** Makes a call with a session: waits for it to begin, and begins another when the old one has run out. */
  with<T>(call: () => Promise<T>): Promise<T>;
};

export function createSession(api: Api): Session {
  const answer = signal<SessionAnswer | null>(null);
  const models = signal<readonly Model[]>([]);
  let starting: Promise<void> | null = null;

  async function begin(): Promise<void> {
    if (models.value.length === 0) void readModels();
    try {
      const held = await api.readSession();
      answer.value = held.user === null ? await api.startGuest() : held;
    } catch (error) {
      starting = null;
      throw error;
    }
  }

  async function readModels(): Promise<void> {
    try {
      models.value = (await api.readConfig()).models;
    } catch (error) {
      // Without the list there is only the default model: sending still works.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  function start(): Promise<void> {
    starting ??= begin();
    return starting;
  }

  return {
    user: computed(() => answer.value?.user ?? null),
    models,
    textLength: computed(() => answer.value?.limits.textLength ?? TEXT_LENGTH),
    start,
    async with(call) {
      await start();
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
        starting = null;
        await start();
        return call();
      }
    },
  };
}

// A new conversation that begins with another's branch, up to a message of it: the other one is only read.

import { type ReadonlySignal, signal } from "@preact/signals";
import type { ConversationItem } from "../../protocol/api.ts";
import { ApiError } from "../api-error.ts";
import type { Api } from "../api.ts";
import type { Notices } from "./notices.ts";
import type { Ports } from "./ports.ts";
import type { Session } from "./session.ts";

export type Forking = {
  /** One is on its way; another has to wait for it. */
  readonly isForking: ReadonlySignal<boolean>;
  fork(conversationId: string, messageId: string): Promise<void>;
};

type Environment = { api: Api; session: Session; notices: Notices; ports: Pick<Ports, "createId"> };

/** `onForked`: it stands on the server, under `item.id`. */
export function createForking(
  { api, session, notices, ports }: Environment,
  onForked: (item: ConversationItem, sourceId: string) => void,
): Forking {
  const isForking = signal(false);
  /** By message, until it is answered: asked for again after a line that broke it is the same one, and not a second. */
  const ids = new Map<string, string>();

  return {
    isForking,
    async fork(conversationId, messageId) {
      if (isForking.value) return;
      const id = ids.get(messageId) ?? ports.createId();
      ids.set(messageId, id);
      isForking.value = true;
      try {
        const item = await session.with(() => api.forkConversation(conversationId, { id, messageId }));
        ids.delete(messageId);
        onForked(item, conversationId);
      } catch (error) {
        // Where it was refused there is nothing to be the same as; a broken line and a server in trouble leave it open.
        if (error instanceof ApiError && error.status >= 400 && error.status < 500) ids.delete(messageId);
        notices.sayError(error);
      } finally {
        isForking.value = false;
      }
    },
  };
}

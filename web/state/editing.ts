// A message of one's own that is being changed where it stands. What is written is a draft like any other: it outlives
// the page, and it is kept until the server has it. The message itself stays; the change becomes its neighbour.

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Message } from "../../protocol/api.ts";
import type { ApiError } from "../api-error.ts";
import { type Composer, createComposer, type Outgoing } from "./composer.ts";
import type { Ports } from "./ports.ts";

export type Editing = {
  /** The message that is being changed; null when none is. */
  readonly messageId: ReadonlySignal<string | null>;
  readonly composer: Composer;
  /** Why the change was not taken. */
  readonly refusal: ReadonlySignal<ApiError | null>;
  begin(message: Message): void;
  cancel(): void;
  /** Moves what was written to what is on its way; null when there is nothing to send. */
  take(): Outgoing | null;
  /** The server has it. False when it was not from here. */
  taken(id: string): boolean;
  /** What is on its way comes back to be changed further. */
  giveBack(error: ApiError | null): void;
};

export function createEditing(conversationId: string, ports: Pick<Ports, "storage" | "createId">): Editing {
  const { storage } = ports;
  const key = `brink.edited.${conversationId}`;
  const messageId = signal(storage.read(key));
  const refusal = signal<ApiError | null>(null);
  const composer = createComposer(`edit.${conversationId}`, ports);

  function point(at: string | null): void {
    messageId.value = at;
    refusal.value = null;
    storage.write(key, at);
  }

  function cancel(): void {
    composer.forget();
    point(null);
  }

  return {
    messageId,
    composer,
    refusal,
    cancel,
    begin({ id, text }) {
      composer.forget();
      point(id);
      composer.write(text);
    },
    take() {
      refusal.value = null;
      return composer.take();
    },
    taken(id) {
      const isMine = composer.taken(id);
      if (isMine) point(null);
      return isMine;
    },
    giveBack(error) {
      if (composer.outgoing.value === null) return;
      composer.giveBack(error?.code === "id_conflict");
      refusal.value = error;
    },
  };
}

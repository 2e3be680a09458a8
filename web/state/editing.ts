// A message of one's own that is being changed where it stands. What is written is a draft like any other: it outlives
// the page, and it is kept until the server has it. The message itself stays; the change becomes its neighbour.

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Message } from "../../protocol/api.ts";
import type { ApiError } from "../api-error.ts";
import { type Composer, createComposer, type Outgoing } from "./composer.ts";
import type { Ports } from "./ports.ts";
import type { Thread } from "./thread.ts";

export type Editing = {
  /** The message that is being changed; null when none is. */
  readonly messageId: ReadonlySignal<string | null>;
  readonly composer: Composer;
  /** Why the change was not taken. */
  readonly refusal: ReadonlySignal<ApiError | null>;
  /** What was written and not taken, where it says anything else than the message: it is not to be lost. */
  unsent(): string | null;
  /** False while another change has words that were not taken: they come first. */
  begin(message: Message): boolean;
  cancel(): void;
  /** Moves what was written to what is on its way; null when there is nothing to send. */
  take(): Outgoing | null;
  /** The server has it. False when it was not from here. */
  taken(id: string): boolean;
  /** What is on its way comes back to be changed further. */
  giveBack(error: ApiError | null): void;
};

export function createEditing(
  conversationId: string,
  thread: ReadonlySignal<Thread>,
  ports: Pick<Ports, "storage" | "createId">,
): Editing {
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

  function unsent(): string | null {
    const written = composer.text.value;
    const message = thread.value.messages.find(({ id }) => id === messageId.value);
    const isChanged = messageId.value !== null && written.trim() !== "" && written !== message?.text;
    const words = [composer.outgoing.value?.text, isChanged ? written : ""].filter(Boolean).join("\n\n");
    return words === "" ? null : words;
  }

  return {
    messageId,
    composer,
    refusal,
    cancel,
    unsent,
    begin({ id, text }) {
      if (unsent() !== null) return false;
      composer.forget();
      point(id);
      composer.write(text);
      return true;
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

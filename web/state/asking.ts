// Every way of asking for an answer: a message sent, one's own message changed, another answer, more of an answer; and
// how each comes back to whoever asked when it is not taken. No words are let go of before the server has them.

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { GenerationRequest, Message } from "../../protocol/api.ts";
import type { ApiError } from "../api-error.ts";
import type { Answering, Asked } from "./answering.ts";
import type { Composer } from "./composer.ts";
import type { Editing } from "./editing.ts";
import type { Notices } from "./notices.ts";
import type { Ports } from "./ports.ts";
import type { Session } from "./session.ts";
import type { Thread } from "./thread.ts";

export type Asking = {
  /** Why the last send was not taken; its text is back in the composer. */
  readonly refusal: ReadonlySignal<ApiError | null>;
  /** Sends the draft under this message, or as the first of all. False when there is none. */
  send(parentId: string | undefined): boolean;
  /** Sends the changed message, beside the one that it changes. */
  sendEdit(): void;
  regenerate(target: Message): void;
  goOn(target: Message): void;
  /** The server has it. */
  taken(generationId: string): void;
  /** What is on its way and is followed by nobody: back where it was written. */
  reclaim(): void;
  /** All that was written and not taken becomes the draft: there is nothing here to send it to or to change. */
  gather(): void;
  /** It was not taken; null: whoever asked has taken it back. */
  refused(error: ApiError | null, asked: Asked): void;
  /** What stood in the way is over: a refusal for this reason is true no more. */
  passed(code: "busy" | "network"): void;
};

type Parts = {
  thread: ReadonlySignal<Thread>;
  model: Signal<string | null>;
  composer: Composer;
  editing: Editing;
  session: Session;
  notices: Notices;
  ports: Pick<Ports, "createId" | "schedule">;
};

export function createAsking(
  ask: Answering["ask"],
  { thread, model, composer, editing, session, notices, ports }: Parts,
): Asking {
  const refusal = signal<ApiError | null>(null);
  let cancelPassing = () => {};

  /** Shown until it is over, where it says when that is. */
  function refuse(error: ApiError | null): void {
    cancelPassing();
    refusal.value = error;
    if (error?.retryAfterMs != null) cancelPassing = ports.schedule(() => (refusal.value = null), error.retryAfterMs);
  }

  function sendAs(id: string, text: string, parentId: string | null | undefined): void {
    // A conversation that stands has its own model; a new one takes the one that was picked for it.
    const isFirst = thread.value.messages.length === 0;
    const request = {
      id,
      text,
      ...(parentId !== undefined && { parentId }),
      ...(isFirst && model.value !== null && { model: model.value }),
    };
    refuse(null);
    ask({ kind: "send", request });
  }

  function generate(kind: GenerationRequest["kind"], target: Message): void {
    // By the model that is picked now, where it is one that is offered; else by the one that it was.
    const picked = session.models.value.find(({ id }) => id === model.value)?.id;
    const id = ports.createId();
    ask({ kind, target, request: { id, messageId: target.id, kind, ...(picked !== undefined && { model: picked }) } });
  }

  function reclaim(): void {
    composer.giveBack();
    editing.giveBack(null);
  }

  return {
    refusal,

    send(parentId) {
      const sent = composer.take();
      if (sent !== null) sendAs(sent.id, sent.text, parentId);
      return sent !== null;
    },

    sendEdit() {
      const edited = thread.value.messages.find(({ id }) => id === editing.messageId.value);
      const sent = edited === undefined ? null : editing.take();
      if (edited !== undefined && sent !== null) sendAs(sent.id, sent.text, edited.parentId);
    },

    regenerate: (target) => generate("regenerate", target),
    goOn: (target) => generate("continue", target),

    taken(generationId) {
      composer.taken(generationId);
      editing.taken(generationId);
    },

    reclaim,

    gather() {
      reclaim();
      const change = editing.unsent();
      if (change !== null) composer.write([composer.text.value, change].filter(Boolean).join("\n\n"));
      editing.cancel();
    },

    refused(error, asked) {
      if (asked.kind !== "send") {
        if (error !== null) notices.sayError(error);
      } else if (editing.composer.outgoing.value?.id === asked.request.id) {
        editing.giveBack(error);
      } else {
        composer.giveBack(error?.code === "id_conflict");
        refuse(error);
      }
    },

    passed(code) {
      if (refusal.value?.code === code) refuse(null);
    },
  };
}

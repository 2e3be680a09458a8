// What is being written in one conversation, and what was sent and not answered yet. Both outlive the page: nothing
// that somebody wrote is lost before the server has said that it has it.

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Ports } from "./ports.ts";

/** A message on its way: the id makes sending it twice the same as sending it once. */
export type Outgoing = { id: string; text: string };

export type Composer = {
  readonly text: ReadonlySignal<string>;
  readonly outgoing: ReadonlySignal<Outgoing | null>;
  write(text: string): void;
  /** Moves the draft to what is on its way; null when there is nothing to send. */
  take(): Outgoing | null;
  /** The server has it. False when it was not from here. */
  taken(id: string): boolean;
  /** Back to the draft, to be changed: before what was written meanwhile. `isSpent`: its id cannot be used again. */
  giveBack(isSpent?: boolean): void;
  /** Nothing is kept any longer: the conversation is gone. */
  forget(): void;
  /** From now on kept under another name: a new conversation has got its own. */
  moveTo(name: string): void;
};

export function createComposer(name: string, { storage, createId }: Pick<Ports, "storage" | "createId">): Composer {
  let place = name;
  const draft = signal(readRecord(storage.read(draftKey(place))));
  const outgoing = signal<Outgoing | null>(withId(readRecord(storage.read(outgoingKey(place)))));
  const text = signal(draft.value?.text ?? "");

  function keepDraft(next: Draft | null): void {
    draft.value = next;
    text.value = next?.text ?? "";
    storage.write(draftKey(place), next === null || next.text === "" ? null : JSON.stringify(next));
  }

  function keepOutgoing(next: Outgoing | null): void {
    outgoing.value = next;
    storage.write(outgoingKey(place), next && JSON.stringify(next));
  }

  return {
    text,
    outgoing,
    write(next) {
      const held = draft.value;
      // The id belongs to the very text that was sent under it: another text under it would be a conflict.
      const isSame = held?.id !== undefined && held.text.trim() === next.trim();
      keepDraft(isSame ? { ...held, text: next } : { text: next });
    },
    take() {
      const held = draft.value;
      const words = held?.text.trim() ?? "";
      if (held === null || words === "") return null;
      const sent = { id: held.id ?? createId(), text: words };
      keepDraft(null);
      keepOutgoing(sent);
      return sent;
    },
    taken(id) {
      const isOut = outgoing.value?.id === id;
      // A send that was given up, and did arrive after all.
      const isBack = draft.value?.id === id;
      if (isOut) keepOutgoing(null);
      if (isBack) keepDraft(null);
      return isOut || isBack;
    },
    giveBack(isSpent = false) {
      const held = outgoing.value;
      if (held === null) return;
      const later = draft.value?.text ?? "";
      keepOutgoing(null);
      if (later.trim() !== "") keepDraft({ text: `${held.text}\n\n${later}` });
      else keepDraft(isSpent ? { text: held.text } : held);
    },
    forget() {
      keepDraft(null);
      keepOutgoing(null);
    },
    moveTo(next) {
      storage.write(draftKey(place), null);
      storage.write(outgoingKey(place), null);
      place = next;
      keepDraft(draft.value);
      keepOutgoing(outgoing.value);
    },
  };
}

type Draft = { text: string; id?: string };

const draftKey = (name: string) => `brink.draft.${name}`;
const outgoingKey = (name: string) => `brink.outgoing.${name}`;

function readRecord(stored: string | null): Draft | null {
  if (stored === null) return null;
  try {
    const value: unknown = JSON.parse(stored);
    if (typeof value !== "object" || value === null || !("text" in value) || typeof value.text !== "string")
      return null;
    return "id" in value && typeof value.id === "string" ? { text: value.text, id: value.id } : { text: value.text };
  } catch {
    return null;
  }
}

function withId(record: Draft | null): Outgoing | null {
  return record?.id === undefined ? null : { text: record.text, id: record.id };
}

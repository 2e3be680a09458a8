// One conversation: what is shown of it, and every way in which that changes: a page read, a message sent, an answer
// followed to its end, or somebody else's doing noticed on a second look.

import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Message, Snapshot } from "../../protocol/api.ts";
import { ApiError } from "../api-error.ts";
import type { Api } from "../api.ts";
import { createAnswering } from "./answering.ts";
import { createComposer, type Outgoing } from "./composer.ts";
import type { Notices } from "./notices.ts";
import type { Ports } from "./ports.ts";
import type { Session } from "./session.ts";
import {
  emptyThread,
  isOver,
  joinNewest,
  joinOlder,
  questionOf,
  shownBranch,
  type Thread,
  withEnd,
  withStart,
} from "./thread.ts";

/** `new`: nothing was sent yet. `missing`: not there, or not yours. `failed`: it could not be read; try again. */
export type Status = "new" | "loading" | "ready" | "missing" | "failed";

export type Conversation = ReturnType<typeof createConversation>;

export type Surroundings = {
  api: Api;
  session: Session;
  notices: Notices;
  ports: Ports;
  /** A message was taken, or an answer has ended: the list and other tabs want to know. */
  onChange(conversation: Conversation, change: "sent" | "ended"): void;
};

export function createConversation(id: string, isNew: boolean, surroundings: Surroundings) {
  const { api, session, notices, ports, onChange } = surroundings;
  const status = signal<Status>(isNew ? "new" : "loading");
  /** Why it could not be read. */
  const problem = signal<ApiError | null>(null);
  /** Why the last send was not taken; its text is back in the composer. */
  const refusal = signal<ApiError | null>(null);
  const title = signal("");
  /** Null: the server's default. */
  const model = signal<string | null>(null);
  const thread = signal(emptyThread);
  const composer = createComposer(isNew ? "new" : id, ports);
  let rev: number | null = null;
  let refreshing: Promise<void> | null = null;
  let wanted: { avoid: string | null } | null = null;
  let loadingOlder: Promise<void> | null = null;
  let isShown = false;

  const answering = createAnswering(id, surroundings, {
    onStart(start, { id: sentId, text }) {
      composer.taken(sentId);
      thread.value = withStart(thread.value, start, text, new Date(ports.now()).toISOString());
      if (title.value === "") title.value = titleOf(text);
      model.value ??= start.model;
      onChange(conversation, "sent");
      if (!isShown) letGo();
    },
    onEnd(messageId, transcript, end) {
      thread.value = withEnd(thread.value, messageId, transcript, end);
      onChange(conversation, "ended");
    },
    onStale(refusedId) {
      rev = null;
      void refresh(refusedId);
    },
    onRefused(error) {
      composer.giveBack(error.code === "id_conflict");
      refusal.value = error;
      // Another tab's answer is being written, then: follow it.
      if (error.code === "busy") rev = null;
      if (error.code === "busy") void refresh();
    },
    onFailedStop: notices.sayError,
  });

  /** An answer let go of in its middle moves no revision while it grows: the next look has to read it all. */
  function letGo(): void {
    if (answering.answer.value !== null) rev = null;
    answering.release();
  }

  /** Reads what has changed since the last look. `avoid`: a generation that would not let us attach just now. */
  async function read(avoid: string | null): Promise<void> {
    const asked = thread.value;
    try {
      const since = rev === null ? {} : { since: rev };
      const snapshot = await session.with(() => api.readConversation(id, since));
      if (snapshot !== null) take(snapshot, asked, avoid);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) miss();
      else if (status.value === "loading") {
        problem.value = error;
        status.value = "failed";
      }
    }
  }

  /** Not there; unless something was written for it, which a page that was reloaded in mid-send finds again. */
  function miss(): void {
    if (answering.answer.value !== null) return;
    composer.giveBack();
    status.value = composer.text.value === "" ? "missing" : "new";
  }

  function take(snapshot: Snapshot, asked: Thread, avoid: string | null): void {
    const { live } = snapshot;
    batch(() => {
      status.value = "ready";
      problem.value = null;
      title.value = snapshot.title;
      model.value = snapshot.model;
      thread.value = joinNewest(thread.value, snapshot, asked);
      for (const { generationId } of snapshot.messages) if (generationId !== undefined) composer.taken(generationId);
      const told = snapshot.messages.find((message) => message.id === answering.messageId.value);
      // The stored end is here before the stream's own, which waits for a line, perhaps.
      if (told !== undefined && isOver(told.state)) {
        answering.release();
        onChange(conversation, "ended");
      }
      const isFollowed = live === null || (isShown && live.generationId !== avoid && answering.attach(live));
      rev = isFollowed ? snapshot.rev : null;
      if (answering.answer.value === null) composer.giveBack();
    });
  }

  /** One read at a time, and another one behind it for whoever asked meanwhile: theirs must not be older than that. */
  function refresh(avoid: string | null = null): Promise<void> {
    if (status.value === "new" || status.value === "missing") return Promise.resolve();
    wanted = { avoid };
    refreshing ??= readWanted().finally(() => (refreshing = null));
    return refreshing;
  }

  async function readWanted(): Promise<void> {
    for (let next = wanted; next !== null; next = wanted) {
      wanted = null;
      await read(next.avoid);
    }
  }

  function dispatch({ id: sentId, text }: Outgoing): void {
    // A conversation that stands has its own model; a new one takes the one that was picked for it.
    const isFirst = thread.value.messages.length === 0;
    batch(() => {
      status.value = "ready";
      refusal.value = null;
      answering.send({ id: sentId, text, ...(isFirst && model.value !== null && { model: model.value }) });
    });
  }

  const conversation = {
    id,
    status: status as ReadonlySignal<Status>,
    problem: problem as ReadonlySignal<ApiError | null>,
    refusal: refusal as ReadonlySignal<ApiError | null>,
    title,
    model,
    composer,
    answering,
    branch: computed(() => shownBranch(thread.value)),
    hasOlder: computed(() => thread.value.nextBefore !== null),

    /** Somebody looks at it from now on: it is read, and what is live is followed. */
    show(): void {
      isShown = true;
      if (status.value === "failed") status.value = "loading";
      void refresh();
    },

    /** Nobody looks any more. An answer goes on without its reader; a send is followed until it was taken. */
    hide(): void {
      isShown = false;
      if (answering.answer.value?.hasStarted === true) letGo();
    },

    /** A second look: after a while, on coming back, or because another tab said so. */
    look(): void {
      answering.answer.value?.nudge();
      void refresh();
    },

    loadOlder(): Promise<void> {
      const before = thread.value.nextBefore;
      if (before === null) return Promise.resolve();
      loadingOlder ??= session
        .with(() => api.readConversation(id, { before }))
        .then((page) => {
          if (page !== null) thread.value = joinOlder(thread.value, page);
        })
        .catch(notices.sayError)
        .finally(() => (loadingOlder = null));
      return loadingOlder;
    },

    /** Sends the draft. False when there is nothing to send, or something is under way. */
    send(): boolean {
      if (answering.answer.value !== null) return false;
      if (status.value === "new") composer.moveTo(id);
      const sent = composer.take();
      if (sent !== null) dispatch(sent);
      return sent !== null;
    },

    /** Asks the question of an answer that did not work out once more, as a new message. */
    askAgain(message: Message): void {
      const question = questionOf(thread.value, message);
      if (question !== undefined && answering.answer.value === null) dispatch(composer.put(question.text));
    },
  };
  return conversation;
}

const TITLE_LENGTH = 60;

/** A title for the time until the server has given one: the beginning of what was said. */
export function titleOf(text: string): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  return line.length <= TITLE_LENGTH ? line : `${line.slice(0, TITLE_LENGTH).trimEnd()}…`;
}

// One conversation: what is shown of it, and every way in which that changes: a page read, an answer asked for and
// followed to its end, or somebody else's doing that the bell rings for.

import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { Message, Snapshot } from "../../protocol/api.ts";
import { ApiError } from "../api-error.ts";
import type { Api } from "../api.ts";
import { createAnswering } from "./answering.ts";
import { createAsking } from "./asking.ts";
import { createBell, type Ring } from "./bell.ts";
import { createBranching } from "./branching.ts";
import { createComposer } from "./composer.ts";
import { createEditing } from "./editing.ts";
import type { Notices } from "./notices.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import type { Ports } from "./ports.ts";
import { createRevisions } from "./revisions.ts";
import type { Session } from "./session.ts";
import { titleOf } from "./title.ts";
import { emptyThread, isOver, joinNewest, type Thread, withEnd, withStart, withText } from "./thread.ts";

/** `new`: nothing was sent yet. `missing`: not there, or not yours. `failed`: it could not be read; try again. */
export type Status = "new" | "loading" | "ready" | "missing" | "failed";

/**
 * `unsent`: its first message was not taken. `told`: somebody else has changed something. `gone`: it was there.
 * `missing`: it never was, as far as is known here.
 */
export type Change = "sent" | "unsent" | "ended" | "told" | "gone" | "missing";

export type Conversation = ReturnType<typeof createConversation>;

export type Surroundings = {
  api: Api;
  session: Session;
  notices: Notices;
  ports: Ports;
  /** The list and other tabs want to know. */
  onChange(conversation: Conversation, change: Change): void;
};

/** Rings often come in twos, and one may come right before the bell rings off: read once, or not at all. */
const RING_MS = 40;
/** What could not be read is asked for again this much later, where the server names no time. */
const RETRY_MS = 30_000;
/** Refusals which say that what is shown here is not what stands there. */
const TELLING_CODES: ReadonlySet<string> = new Set(["busy", "unknown_parent", "unknown_message", "not_found"]);

export function createConversation(id: string, isNew: boolean, surroundings: Surroundings) {
  const { api, session, notices, ports, onChange } = surroundings;
  const status = signal<Status>(isNew ? "new" : "loading");
  /** Why it could not be read. */
  const problem = signal<ApiError | null>(null);
  const title = signal("");
  /** Null: the server's default. */
  const model = signal<string | null>(null);
  const thread = signal(emptyThread);
  const composer = createComposer(isNew ? "new" : id, ports);
  const editing = createEditing(id, thread, ports);
  const revisions = createRevisions();
  let isShown = false;
  /** The server has it: it can be read, and it has a bell. */
  let isStored = false;

  const answering = createAnswering(id, surroundings, {
    onStart(start, asked) {
      const { text = "", parentId = null } = asked.kind === "send" ? asked.request : {};
      const question = asked.kind === "send" ? { text, parentId } : null;
      thread.value = withStart(thread.value, start, question, new Date(ports.now()).toISOString());
      asking.taken(start.generationId);
      if (title.value === "") title.value = titleOf(text);
      model.value ??= start.model;
      isStored = true;
      syncBell();
      onChange(conversation, "sent");
      if (!isShown) letGo();
    },
    onEnd(messageId, transcript, end) {
      thread.value = withEnd(thread.value, messageId, transcript, end);
      asking.passed("busy");
      if (end.error?.code === "deleted") leave();
      else onChange(conversation, "ended");
    },
    onRelease(messageId, transcript) {
      thread.value = withText(thread.value, messageId, transcript);
    },
    onStale(refusedId) {
      revisions.forget();
      void refresh(refusedId);
    },
    onRefused(error, asked) {
      asking.refused(error, asked);
      // A first message says so itself, on its way back to the new chat.
      if (error !== null && asked.kind === "send" && isStored && !isShown)
        notices.say("A message was not taken. Its words are where you wrote them.");
      if (error === null || !TELLING_CODES.has(error.code)) {
        if (!isStored) unsend();
        return;
      }
      // Another tab's answer is being written, for one: then it is followed.
      revisions.forget();
      void refresh();
    },
    onFailedStop: notices.sayError,
  });
  const asking = createAsking(answering.ask, { ...surroundings, thread, model, composer, editing });
  const branching = createBranching(id, thread, answering.asked, surroundings);
  const bell = createBell(id, ports, {
    onRing(ring) {
      // What is being read just now may hold it already.
      if (reading.current === null) hear(ring);
      else void reading.current.then(() => hear(ring));
    },
    onGone: leave,
  });
  let cancelReading = () => {};
  let cancelRetry = () => {};

  function hear(ring: Ring): void {
    if (!revisions.isNews(ring, answering.answer.value?.generationId ?? null)) return;
    cancelReading();
    cancelReading = ports.schedule(() => void refresh(), RING_MS);
  }

  function syncBell(): void {
    if (isShown && isStored) bell.open();
    else bell.close();
  }

  /** An answer let go of in its middle moves no revision while it grows: the next look has to read it all. */
  function letGo(): void {
    if (answering.isBusy.value) revisions.forget();
    answering.release();
  }

  /** Reads what has changed since the last look. `avoid`: a generation that would not let us attach just now. */
  async function read(avoid: string | null): Promise<void> {
    const asked = thread.value;
    cancelRetry();
    try {
      const since = revisions.known === null ? {} : { since: revisions.known };
      const snapshot = await session.with(() => api.readConversation(id, since));
      if (snapshot !== null) take(snapshot, asked, avoid);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) return miss();
      if (status.value === "loading") {
        problem.value = error;
        status.value = "failed";
      }
      // A bell that is heard does not ring for what it has rung for, and nobody looks while it is.
      if (isShown) cancelRetry = ports.schedule(() => void refresh(), error.retryAfterMs ?? RETRY_MS);
    }
  }

  /** Not there. What was written for it is kept: a page that was reloaded in mid-send finds it again. */
  function miss(): void {
    if (answering.isBusy.value) return;
    if (!isStored && composer.outgoing.value !== null) {
      composer.giveBack();
      unsend();
    } else if (isStored || composer.text.value !== "" || editing.unsent() !== null) leave();
    else {
      status.value = "missing";
      onChange(conversation, "missing");
    }
  }

  /** Its first message was not taken: a new chat once more. */
  function unsend(): void {
    status.value = "new";
    composer.moveTo("new");
    onChange(conversation, "unsent");
  }

  /** It was there, and is not any more. */
  function leave(): void {
    if (status.value === "missing") return;
    isStored = false;
    bell.close();
    answering.release();
    asking.gather();
    status.value = "missing";
    onChange(conversation, "gone");
  }

  function take(snapshot: Snapshot, asked: Thread, avoid: string | null): void {
    const { live } = snapshot;
    const isFirst = !isStored;
    batch(() => {
      isStored = true;
      status.value = "ready";
      problem.value = null;
      title.value = snapshot.title;
      model.value = snapshot.model;
      const joined = joinNewest(thread.value, snapshot, asked);
      thread.value = branching.isStoring ? { ...joined, leafId: thread.value.leafId } : joined;
      for (const { generationId } of snapshot.messages) if (generationId !== undefined) asking.taken(generationId);
      noteEnd(snapshot);
      const isFollowed = live === null || (isShown && live.generationId !== avoid && answering.attach(live));
      if (isFollowed) revisions.read(snapshot.rev, live);
      else revisions.forget();
      if (!answering.isBusy.value) asking.reclaim();
    });
    syncBell();
    if (!isFirst) onChange(conversation, "told");
    // The branch may stand on pages of its own.
    if (branching.branch.value.length === 0) void branching.loadOlder();
  }

  /** The stored end may be here before the stream's own, which waits for a line, perhaps. */
  function noteEnd({ messages }: Snapshot): void {
    const followed = answering.answer.value?.generationId;
    const told = messages.find(({ generationId }) => generationId !== undefined && generationId === followed);
    if (told === undefined || !isOver(told.state)) return;
    answering.release();
    asking.passed("busy");
    onChange(conversation, "ended");
  }

  /** Whoever asks while something is being read gets another read behind it: theirs must not be older than that. */
  const reading = oneAtATime(read);

  function refresh(avoid: string | null = null): Promise<void> {
    return status.value === "new" || status.value === "missing" ? Promise.resolve() : reading.ask(avoid);
  }

  const conversation = {
    id,
    status: status as ReadonlySignal<Status>,
    problem: problem as ReadonlySignal<ApiError | null>,
    refusal: asking.refusal,
    title,
    model,
    composer,
    editing,
    answering,
    branching,
    /** The bell would ring: nobody has to look. */
    isHeard: bell.isHeard,

    /** Somebody looks at it from now on: it is read, and what is live is followed. */
    show(): void {
      isShown = true;
      if (status.value === "failed") status.value = "loading";
      syncBell();
      void refresh();
    },

    /** Nobody looks any more. An answer goes on without its reader; a request is followed until it was taken. */
    hide(): void {
      isShown = false;
      cancelRetry();
      syncBell();
      if (answering.asked.value === null) letGo();
    },

    /** A second look: after a while, on coming back, or because another tab said so. */
    look(): void {
      asking.passed("network");
      answering.answer.value?.nudge();
      bell.nudge();
      void refresh();
    },

    leave,

    /** Sends the draft. False when there is nothing to send, or something is under way. */
    send(): boolean {
      if (answering.isBusy.value) return false;
      if (status.value === "new") composer.moveTo(id);
      // Under what is read here, whatever another tab has switched to meanwhile.
      const isSent = asking.send(branching.branch.value.at(-1)?.id);
      if (isSent) status.value = "ready";
      return isSent;
    },

    sendEdit(): void {
      if (!answering.isBusy.value) asking.sendEdit();
    },
    regenerate: (message: Message): void => asking.regenerate(message),
    goOn: (message: Message): void => asking.goOn(message),
  };
  return conversation;
}

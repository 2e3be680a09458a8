// What is under way in one conversation: nothing, a request that has not been taken yet, or an answer being written. One
// at a time, as the server has it; how each of them ends is told to the conversation.

import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { GenerationRequest, Live, Message, SendRequest } from "../../protocol/api.ts";
import { parseCursor } from "../../protocol/cursor.ts";
import type { EndFrame, LogEntry, StartFrame } from "../../protocol/events.ts";
import { createTranscript, resumeTranscript, type Transcript } from "../../protocol/transcript.ts";
import { ApiError, networkError } from "../api-error.ts";
import type { Api } from "../api.ts";
import type { Followed } from "../stream/resumable-stream.ts";
import { type Answer, createAnswer } from "./answer.ts";
import type { Ports } from "./ports.ts";
import type { Session } from "./session.ts";

/** What was asked for: an answer to a message of one's own, another one beside `target`, or more after it. */
export type Asked =
  | { kind: "send"; request: SendRequest }
  | { kind: GenerationRequest["kind"]; request: GenerationRequest; target: Message };

export type Answering = {
  readonly answer: ReadonlySignal<Answer | null>;
  readonly isBusy: ReadonlySignal<boolean>;
  /** What was asked for and has not been taken so far. */
  readonly asked: ReadonlySignal<Asked | null>;
  /** The message that the answer is shown in; null until a send has been taken. */
  readonly messageId: ReadonlySignal<string | null>;
  readonly isStopping: ReadonlySignal<boolean>;
  /** False while something else is under way. */
  ask(asked: Asked): boolean;
  /** Goes on with what a snapshot says is live; false where that is not to be. */
  attach(live: Live): boolean;
  /** Lets go of it; on the server it goes on. */
  release(): void;
  stop(): Promise<void>;
};

export type Outcomes = {
  onStart(start: StartFrame, asked: Asked): void;
  onEnd(messageId: string, transcript: Transcript, end: EndFrame): void;
  /** Let go of in its middle: so much of it has been read. */
  onRelease(messageId: string, transcript: Transcript): void;
  /** Only a snapshot can tell; `refusedId`: the server would not let us attach to this one. */
  onStale(refusedId: string | null): void;
  /** It was not taken; null: it was taken back by whoever asked. */
  onRefused(error: ApiError | null, asked: Asked): void;
  /** A stop was not taken. */
  onFailedStop(error: unknown): void;
};

type Environment = { api: Api; session: Session; ports: Ports };

export function createAnswering(
  conversationId: string,
  { api, session, ports }: Environment,
  outcomes: Outcomes,
): Answering {
  const answer = signal<Answer | null>(null);
  const asked = signal<Asked | null>(null);
  const messageId = signal<string | null>(null);
  const isStopping = signal(false);
  /** What has been read of the answer. */
  let held: Transcript | null = null;
  /** Ended here: a snapshot that was read before may still call them live. */
  const ended = new Set<string>();

  function follow(generationId: string, transcript: Transcript, said: readonly LogEntry[], wanted: Asked | null): void {
    held = transcript;
    answer.value = createAnswer(
      {
        generationId,
        transcript,
        said,
        isSend: wanted !== null,
        open: (cursor, signal) =>
          // No cursor means that no frame has come: then it is simply asked for again, under the same id.
          wanted !== null && cursor === undefined
            ? session.with(() => request(wanted, signal))
            : api.attach(conversationId, generationId, cursor, signal),
        onStart: (start) => {
          if (wanted === null) return;
          batch(() => {
            asked.value = null;
            messageId.value = start.messageId;
            outcomes.onStart(start, wanted);
          });
        },
        onEnd: (followed) => finish(generationId, transcript, followed),
      },
      ports,
    );
  }

  function request(wanted: Asked, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    return wanted.kind === "send"
      ? api.send(conversationId, wanted.request, signal)
      : api.generate(conversationId, wanted.request, signal);
  }

  function finish(generationId: string, transcript: Transcript, { ending, refusal }: Followed): void {
    // Let go of already; another one may be under way.
    if (ending === "left" || answer.value?.generationId !== generationId) return;
    const shownIn = messageId.value;
    const wanted = asked.value;
    batch(() => {
      if (ending === "exact") ended.add(generationId);
      release();
      if (ending === "refused" && wanted !== null) outcomes.onRefused(refusal ?? networkError(null), wanted);
      else if (ending === "stale" || transcript.end === null || shownIn === null)
        outcomes.onStale(refusal && generationId);
      else outcomes.onEnd(shownIn, transcript, transcript.end);
    });
  }

  function release(): void {
    const left = answer.value;
    batch(() => {
      if (messageId.value !== null && held !== null && held.length > 0) outcomes.onRelease(messageId.value, held);
      held = null;
      answer.value = null;
      asked.value = null;
      messageId.value = null;
      isStopping.value = false;
    });
    left?.leave();
  }

  return {
    answer,
    isBusy: computed(() => answer.value !== null),
    asked,
    messageId,
    isStopping,
    release,

    ask(wanted) {
      if (answer.value !== null) return false;
      const isMore = wanted.kind === "continue";
      batch(() => {
        asked.value = wanted;
        // Another answer is a message of its own, which has the request's id.
        if (wanted.kind !== "send") messageId.value = isMore ? wanted.target.id : wanted.request.id;
        follow(wanted.request.id, createTranscript(), isMore ? logOf(wanted.target) : [], wanted);
      });
      return true;
    },

    attach(live) {
      if (answer.value !== null) return answer.value.generationId === live.generationId;
      if (ended.has(live.generationId)) return false;
      const held = parseCursor(live.cursor);
      batch(() => {
        messageId.value = live.messageId;
        const transcript =
          held === null ? createTranscript() : resumeTranscript(held.attempt, logOf(live), held.offset);
        follow(live.generationId, transcript, [], null);
      });
      return true;
    },

    async stop() {
      const held = answer.value;
      if (held === null || isStopping.value) return;
      isStopping.value = true;
      try {
        await api.stop(conversationId, held.generationId);
        // The end comes by the stream; if that waits for a line, it need not wait any longer.
        held.nudge();
      } catch (error) {
        if (answer.value !== held) return;
        isStopping.value = false;
        const wanted = asked.value;
        if (wanted === null || !(error instanceof ApiError)) return outcomes.onFailedStop(error);
        // It never got there, as far as anybody can tell: then it is taken back.
        release();
        outcomes.onRefused(null, wanted);
      }
    },
  };
}

function logOf({ text, parts }: { text: string; parts?: LogEntry[] }): readonly LogEntry[] {
  return parts ?? (text === "" ? [] : [{ part: 0, text }]);
}

// What is under way in one conversation: nothing, a send that has not been taken yet, or an answer being written. One
// at a time, as the server has it; how each of them ends is told to the conversation.

import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { Live, SendRequest } from "../../protocol/api.ts";
import { parseCursor } from "../../protocol/cursor.ts";
import type { EndFrame, StartFrame } from "../../protocol/events.ts";
import { createTranscript, resumeTranscript, type Transcript } from "../../protocol/transcript.ts";
import { ApiError, networkError } from "../api-error.ts";
import type { Api } from "../api.ts";
import type { Followed } from "../stream/resumable-stream.ts";
import { type Answer, createAnswer } from "./answer.ts";
import type { Ports } from "./ports.ts";
import type { Session } from "./session.ts";

export type Answering = {
  readonly answer: ReadonlySignal<Answer | null>;
  /** The message that the answer is shown in; null until a send has been taken. */
  readonly messageId: ReadonlySignal<string | null>;
  readonly isStopping: ReadonlySignal<boolean>;
  send(request: SendRequest): void;
  /** Goes on with what a snapshot says is live; false where that is not to be. */
  attach(live: Live): boolean;
  /** Lets go of it; on the server it goes on. */
  release(): void;
  stop(): Promise<void>;
};

export type Outcomes = {
  onStart(start: StartFrame, request: SendRequest): void;
  onEnd(messageId: string, transcript: Transcript, end: EndFrame): void;
  /** Only a snapshot can tell; `refusedId`: the server would not let us attach to this one. */
  onStale(refusedId: string | null): void;
  /** A send was not taken. */
  onRefused(error: ApiError): void;
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
  const messageId = signal<string | null>(null);
  const isStopping = signal(false);
  /** Ended here: a snapshot that was read before may still call them live. */
  const ended = new Set<string>();

  function follow(generationId: string, transcript: Transcript, request: SendRequest | null): void {
    answer.value = createAnswer(
      {
        generationId,
        transcript,
        isSend: request !== null,
        open: (cursor, signal) =>
          // No cursor means that no frame has come: then the send is simply made again, under the same id.
          request !== null && cursor === undefined
            ? session.with(() => api.send(conversationId, request, signal))
            : api.attach(conversationId, generationId, cursor, signal),
        onStart: (start) => {
          if (request === null) return;
          messageId.value = start.messageId;
          outcomes.onStart(start, request);
        },
        onEnd: (followed) => finish(generationId, transcript, followed),
      },
      ports,
    );
  }

  function finish(generationId: string, transcript: Transcript, { ending, refusal }: Followed): void {
    // Let go of already; another one may be under way.
    if (ending === "left" || answer.value?.generationId !== generationId) return;
    const shownIn = messageId.value;
    batch(() => {
      if (ending === "exact") ended.add(generationId);
      release();
      if (ending === "refused") outcomes.onRefused(refusal ?? networkError(null));
      else if (ending === "stale" || transcript.end === null || shownIn === null)
        outcomes.onStale(refusal && generationId);
      else outcomes.onEnd(shownIn, transcript, transcript.end);
    });
  }

  function release(): void {
    const held = answer.value;
    batch(() => {
      answer.value = null;
      messageId.value = null;
      isStopping.value = false;
    });
    held?.leave();
  }

  return {
    answer,
    messageId,
    isStopping,
    release,

    send(request) {
      if (answer.value === null) follow(request.id, createTranscript(), request);
    },

    attach(live) {
      if (answer.value !== null) return answer.value.generationId === live.generationId;
      if (ended.has(live.generationId)) return false;
      const held = parseCursor(live.cursor);
      const log = live.parts ?? (live.text === "" ? [] : [{ part: 0, text: live.text }]);
      batch(() => {
        messageId.value = live.messageId;
        const transcript = held === null ? createTranscript() : resumeTranscript(held.attempt, log, held.offset);
        follow(live.generationId, transcript, null);
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
        if (held.hasStarted || !(error instanceof ApiError)) return outcomes.onFailedStop(error);
        // It never got there, as far as anybody can tell: then it is taken back.
        release();
        outcomes.onRefused(error);
      }
    },
  };
}

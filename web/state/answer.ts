// The answer that is being written: a follower of one generation, shown at most once per frame.

import { type ReadonlySignal, signal } from "@preact/signals";
import { type LogEntry, type StartFrame, textOf } from "../../protocol/events.ts";
import type { Transcript } from "../../protocol/transcript.ts";
import { type Followed, followGeneration, type StreamPorts } from "../stream/resumable-stream.ts";
import type { Ports } from "./ports.ts";

export type AnswerView = {
  text: string;
  thinking: string;
  /** Place in the queue, while there is one. */
  queue: number | null;
  /** The line is broken and will be tried again. */
  isWaiting: boolean;
};

export type Answer = {
  readonly generationId: string;
  readonly view: ReadonlySignal<AnswerView>;
  /** The line brought its first frame: what was sent is stored. */
  readonly hasStarted: boolean;
  nudge(): void;
  leave(): void;
};

export type AnswerOptions = {
  generationId: string;
  transcript: Transcript;
  /** What the message says already, where this goes on with it: shown until the log has come. */
  said: readonly LogEntry[];
  /** Opening it is a send, until it has started. */
  isSend: boolean;
  open: StreamPorts["open"];
  onStart(start: StartFrame): void;
  onEnd(followed: Followed): void;
};

export function createAnswer(options: AnswerOptions, ports: Ports): Answer {
  const { generationId, transcript, said, isSend, open } = options;
  const view = signal(viewOf(transcript, said, false));
  let hasStarted = false;
  let cancelFrame: (() => void) | null = null;

  function show(): void {
    cancelFrame = null;
    view.value = viewOf(transcript, said, follower.connection.phase === "waiting");
  }

  const follower = followGeneration(generationId, transcript, isSend, { ...ports, open }, () => {
    if (!hasStarted && transcript.start !== null) {
      hasStarted = true;
      options.onStart(transcript.start);
    }
    // A chunk may bring a hundred frames; the eye sees one picture.
    cancelFrame ??= ports.nextFrame(show);
  });

  void follower.done.then((followed) => {
    cancelFrame?.();
    options.onEnd(followed);
  });

  return {
    generationId,
    view,
    get hasStarted() {
      return hasStarted;
    },
    nudge: follower.nudge,
    leave: follower.leave,
  };
}

function viewOf(transcript: Transcript, said: readonly LogEntry[], isWaiting: boolean): AnswerView {
  const { queue } = transcript;
  const log = transcript.length === 0 ? said : transcript.log;
  return { text: textOf(log), thinking: thinkingOf(log), queue, isWaiting };
}

/** What a model said to itself before or while it answered: the text of the parts opened as `reasoning`. */
export function thinkingOf(log: readonly LogEntry[]): string {
  let text = "";
  for (const entry of log) {
    if ("op" in entry && entry.op.type === "part" && entry.op.kind === "reasoning") text += textOf(log, entry.op.part);
  }
  return text;
}

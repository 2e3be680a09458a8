import fc from "fast-check";
import { expect, test } from "vitest";
import { formatCursor, isConversationId, isId, parseCursor } from "./cursor.ts";
import { type LogEntry, partsOf, type StreamEvent, textOf } from "./events.ts";
import { createId } from "./id.ts";
import { formatFrame, parseEvent } from "./sse.ts";
import { apply, createTranscript, cursorOf } from "./transcript.ts";

const id = "01890a5d-ac96-774b-bcce-b302099a8057";
const start = (attempt: number): StreamEvent => ({
  event: "start",
  data: { generationId: id, messageId: id, userMessageId: id, attempt, model: "m", cached: false },
});
const delta = (offset: number, text: string, part = 0): StreamEvent => ({
  event: "delta",
  data: { offset, part, text },
});

function fold(events: StreamEvent[]) {
  const transcript = createTranscript();
  const outcomes = events.map((event) => apply(transcript, event));
  return { transcript, outcomes, text: textOf(transcript.log) };
}

test("deltas join, and an end of the same length ends", () => {
  const { text, outcomes } = fold([
    start(1),
    delta(0, "ab"),
    delta(2, "c"),
    { event: "end", data: { state: "complete", length: 3 } },
  ]);
  expect(text).toBe("abc");
  expect(outcomes.at(-1)).toBe("ended");
});

test("a frame beyond what is held is dropped, and one before it cuts and then appends", () => {
  const { text, outcomes, transcript } = fold([start(1), delta(0, "abcd"), delta(9, "x"), delta(2, "CDE")]);
  expect(outcomes).toEqual(["applied", "applied", "gap", "applied"]);
  expect(text).toBe("abCDE");
  expect(cursorOf(transcript, id)).toBe(`${id}.1.5`);
});

test("a reset cuts to keep and changes the attempt; a start does so only when nothing is held", () => {
  const { text, transcript } = fold([
    start(1),
    delta(0, "abcd"),
    start(2),
    { event: "reset", data: { attempt: 2, keep: 1 } },
    delta(1, "X"),
  ]);
  expect(text).toBe("aX");
  expect(transcript.attempt).toBe(2);
  expect(fold([start(1), start(3)]).transcript.attempt).toBe(3);
  expect(fold([start(1), delta(0, "a"), start(3)]).transcript.attempt).toBe(1);
});

test("an end of another length says that the snapshot is needed", () => {
  expect(
    fold([start(1), delta(0, "ab"), { event: "end", data: { state: "stopped", length: 5 } }]).outcomes.at(-1),
  ).toBe("mismatch");
});

test("positions count all parts and one for each op", () => {
  const { transcript, text } = fold([
    start(1),
    { event: "op", data: { offset: 0, op: { type: "part", part: 1, kind: "reasoning" } } },
    delta(1, "hm", 1),
    delta(3, "yes"),
  ]);
  expect(transcript.length).toBe(6);
  expect(text).toBe("yes");
  expect(textOf(transcript.log, 1)).toBe("hm");
  expect(partsOf(transcript.log)).toHaveLength(3);
  expect(partsOf([{ part: 0, text: "plain" }])).toBeUndefined();
});

const anyEntry: fc.Arbitrary<LogEntry> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ part: fc.nat(2), text: fc.string({ unit: "binary", minLength: 1 }) }) },
  { weight: 1, arbitrary: fc.constant<LogEntry>({ op: { type: "part", part: 1, kind: "reasoning" } }) },
);

test("whatever a server repeats or skips, a reader that reconnects from its cursor ends with the log (promise 1)", () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { minLength: 1 }), fc.infiniteStream(fc.nat(7)), (log, dice) => {
      let position = 0;
      const frames = log.map((entry): StreamEvent => {
        const offset = position;
        position += "op" in entry ? 1 : entry.text.length;
        return "op" in entry ? { event: "op", data: { offset, op: entry.op } } : delta(offset, entry.text, entry.part);
      });
      const transcript = createTranscript();
      apply(transcript, start(1));
      for (let at = 0; at < frames.length;) {
        const roll = dice.next().value ?? 0;
        // 6: a frame is lost, so the next is a gap and the reader asks again; 7: the server repeats an older frame.
        const from = roll === 6 ? Math.min(at + 1, frames.length - 1) : roll === 7 ? Math.max(0, at - 1) : at;
        const frame = frames[from];
        if (frame === undefined) break;
        if (apply(transcript, frame) !== "gap") at = from + 1;
      }
      expect(transcript.length).toBe(position);
      for (const part of [0, 1, 2]) expect(textOf(transcript.log, part)).toBe(textOf(log, part));
    }),
  );
});

test("every event survives framing", () => {
  const events: StreamEvent[] = [
    start(2),
    delta(7, 'line\r\nbreak\u2028 "quotes" \\ 😀 \u0000'),
    { event: "op", data: { offset: 1, op: { type: "part", part: 1, kind: "reasoning" } } },
    { event: "notice", data: { queue: 3 } },
    { event: "reset", data: { attempt: 2, keep: 5 } },
    {
      event: "end",
      data: {
        state: "failed",
        length: 9,
        finishReason: "stop",
        usage: { inputTokens: 1, outputTokens: 2 },
        costUsd: 0.5,
        error: { code: "provider_error", detail: "no" },
      },
    },
  ];
  for (const event of events) {
    const [name, data] = formatFrame(event, "c").split("\n").slice(1);
    expect(parseEvent(name?.slice("event: ".length), data?.slice("data: ".length) ?? "")).toEqual(event);
  }
  expect(formatFrame(delta(0, "a"), "CUR")).toBe('id: CUR\nevent: delta\ndata: {"offset":0,"part":0,"text":"a"}\n\n');
});

test("an unknown event is ignored, an unknown op still takes its position, and junk is nothing", () => {
  expect(parseEvent("confetti", "{}")).toBeNull();
  expect(parseEvent("op", '{"offset":1,"op":{"type":"hologram"}}')).toEqual({
    event: "op",
    data: { offset: 1, op: { type: "unknown" } },
  });
  for (const data of [
    "",
    "nope",
    "[]",
    "null",
    '{"offset":-1,"part":0,"text":""}',
    '{"offset":1.5,"part":0,"text":""}',
  ]) {
    expect(parseEvent("delta", data), data).toBeNull();
  }
});

test("a cursor is an id and two plain decimals, and nothing else is", () => {
  expect(parseCursor(formatCursor(id, 2, 30))).toEqual({ generationId: id, attempt: 2, offset: 30 });
  for (const text of [
    "",
    id,
    `${id}.1`,
    `${id}.0.1`,
    `${id}.01.1`,
    `${id}.1.01`,
    `${id}.1.-1`,
    `${id}.1.1.1`,
    ` ${id}.1.1`,
    `${id}.1.1e3`,
    `${id.toUpperCase()}.1.1`,
    `${id}.1.9999999999999999`,
  ]) {
    expect(parseCursor(text), text).toBeNull();
  }
});

test("ids are lower-case UUIDs of version 7 that sort by time", () => {
  const random = new Uint8Array(16).fill(0xff);
  const first = createId(1_700_000_000_000, random);
  const later = createId(1_700_000_000_001, new Uint8Array(16));
  expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(first < later).toBe(true);
  expect(isId(first)).toBe(true);
  expect(isConversationId(`eu_${first}`)).toBe(true);
  expect(isConversationId(`../${first}`)).toBe(false);
});

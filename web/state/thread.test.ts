import { expect, test } from "vitest";
import type { Message, Snapshot } from "../../protocol/api.ts";
import { createTranscript } from "../../protocol/transcript.ts";
import { emptyThread, joinNewest, joinOlder, type Thread, withEnd, withStart } from "./thread.ts";
import { shownBranch } from "./tree.ts";

/** Messages 1 to n, question and answer in turn, each the child of the one before. */
function messages(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, index): Message => {
    const seq = from + index;
    const isAnswer = seq % 2 === 0;
    return {
      id: `m${seq}`,
      parentId: seq === 1 ? null : `m${seq - 1}`,
      seq,
      role: isAnswer ? "assistant" : "user",
      text: `text ${seq}`,
      createdAt: "2026-11-20T00:00:00.000Z",
      ...(isAnswer && { state: "complete" as const, generationId: `g${seq}` }),
    };
  });
}

function page(held: Message[], nextBefore: number | null = null): Snapshot {
  const activeLeafId = held.at(-1)?.id ?? null;
  return { id: "c", rev: 1, title: "", model: "", system: null, activeLeafId, messages: held, live: null, nextBefore };
}

const ids = (thread: Thread) => thread.messages.map(({ id }) => id);
const under = (parentId: string | null, text = "hello") => ({ text, parentId });
const start = { generationId: "g", messageId: "a", userMessageId: "q", attempt: 1, model: "x", cached: false };

test("older pages come before, newer ones after, and what is in both is there once", () => {
  const newest = joinNewest(emptyThread, page(messages(5, 8), 5));
  const older = joinOlder(newest, page(messages(1, 5), null));
  const later = joinNewest(older, page(messages(5, 10), 5));
  expect(ids(later)).toEqual(messages(1, 10).map(({ id }) => id));
  expect(later.nextBefore).toBe(null);
});

test("a page that leaves a gap behind what is held stands alone, so that no message is silently missing", () => {
  const held = joinNewest(emptyThread, page(messages(1, 4)));
  const far = joinNewest(held, page(messages(7, 10), 7));
  expect(ids(far)).toEqual(["m7", "m8", "m9", "m10"]);
  expect(far.nextBefore).toBe(7);
});

test("a page read before a send was taken neither hides what was sent nor loses it", () => {
  const held = joinNewest(emptyThread, page(messages(1, 4)));
  const sent = withStart(held, start, under("m4"), "2026-11-20T00:00:01.000Z");
  const late = joinNewest(sent, page(messages(1, 4)), held);
  expect(shownBranch(late).map(({ id }) => id)).toEqual(["m1", "m2", "m3", "m4", "q", "a"]);
});

test("what a page that was asked for later does not have any more is gone, and what is older stays", () => {
  const held = joinOlder(joinNewest(emptyThread, page(messages(5, 8), 5)), page(messages(1, 4)));
  const sent = withStart(held, start, under("m8"), "2026-11-20T00:00:01.000Z");
  const rebuilt = joinNewest(sent, page(messages(5, 7), 5), sent);
  expect(ids(rebuilt)).toEqual(messages(1, 7).map(({ id }) => id));
  expect(rebuilt.leafId).toBe("m7");
});

test("the server's own seq replaces the one that was guessed", () => {
  const sent = withStart(joinNewest(emptyThread, page(messages(1, 2))), start, under("m2"), "");
  const [question, answer] = sent.messages.slice(2);
  const stored = [...messages(1, 2), { ...question, seq: 7 }, { ...answer, seq: 8 }] as Message[];
  expect(joinNewest(sent, page(stored)).messages.map(({ seq }) => seq)).toEqual([1, 2, 7, 8]);
});

test("an end is never taken back by a page that was read before it", () => {
  const sent = withStart(emptyThread, start, under(null), "");
  const transcript = { ...createTranscript(), log: [{ part: 0, text: "done" }], length: 4 };
  const ended = withEnd(sent, "a", transcript, { state: "complete", length: 4, finishReason: "stop" });
  const late = joinNewest(ended, page(structuredClone([...sent.messages])));
  expect(late.messages.at(-1)).toMatchObject({ state: "complete", text: "done", finishReason: "stop" });
});

test("a start that was heard before, from a repeated send, adds nothing", () => {
  const once = withStart(emptyThread, start, under(null), "");
  expect(withStart(once, start, under(null), "").messages).toEqual(once.messages);
});

test("an end keeps the log where it holds more than text", () => {
  const log = [
    { op: { type: "part" as const, part: 1, kind: "reasoning" } },
    { part: 1, text: "hm" },
    { part: 0, text: "yes" },
  ];
  const ended = withEnd(
    withStart(emptyThread, start, under(null), ""),
    "a",
    { ...createTranscript(), log, length: 6 },
    { state: "stopped", length: 6 },
  );
  expect(ended.messages.at(-1)).toMatchObject({ text: "yes", parts: log, state: "stopped" });
});

test("a question that was sent under an older message stands there, and is the leaf's branch", () => {
  const held = joinNewest(emptyThread, page(messages(1, 6)));
  const edited = withStart(held, start, under("m2"), "");
  expect(shownBranch(edited).map(({ id }) => id)).toEqual(["m1", "m2", "q", "a"]);
});

test("another answer stands beside the first, with its question for a parent, and is shown", () => {
  const held = joinNewest(emptyThread, page(messages(1, 4)));
  const again = withStart(held, { ...start, messageId: "g", userMessageId: "m3" }, null, "");
  expect(again.messages.at(-1)).toMatchObject({ id: "g", parentId: "m3", seq: 5, text: "", state: "streaming" });
  expect(shownBranch(again).map(({ id }) => id)).toEqual(["m1", "m2", "m3", "g"]);
});

test("an answer that goes on keeps its place, its words and its thoughts, and forgets how it had ended", () => {
  const parts = [{ part: 1, text: "hm" }];
  const ended = { state: "stopped" as const, error: { code: "x", detail: "x" }, finishReason: "length", parts };
  const [question, whole] = messages(1, 2) as [Message, Message];
  const cut = joinNewest(emptyThread, page([question, { ...whole, ...ended }]));
  const [, answer] = withStart(cut, { ...start, messageId: "m2", userMessageId: "m1" }, null, "later").messages;
  expect(answer).toEqual({
    id: "m2",
    parentId: "m1",
    seq: 2,
    role: "assistant",
    text: "text 2",
    parts,
    state: "streaming",
    model: "x",
    generationId: "g",
    cached: false,
    createdAt: "2026-11-20T00:00:00.000Z",
  });
});

test("a page that says nothing new leaves every message the very object that it was", () => {
  const held = joinNewest(emptyThread, page(messages(1, 4)));
  const [first, second] = joinNewest(held, page(messages(1, 4))).messages;
  expect(first).toBe(held.messages[0]);
  expect(second).toBe(held.messages[1]);
  const told = messages(1, 4);
  Object.assign(told[1] ?? {}, { costUsd: 1 });
  expect(joinNewest(held, page(told)).messages[1]).toMatchObject({ costUsd: 1 });
});

test("a page that was asked for before a switch of branch does not undo it", () => {
  const asked = joinNewest(emptyThread, page(messages(1, 4)));
  const switched = { ...asked, leafId: "m2" };
  expect(joinNewest(switched, page(messages(1, 4)), asked).leafId).toBe("m2");
  expect(joinNewest(switched, page(messages(1, 4)), switched).leafId).toBe("m4");
});

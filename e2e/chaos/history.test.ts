import { expect, test } from "vitest";
import type { Message } from "../../protocol/api.ts";
import { checkHistory, type Sent, type Shown } from "./history.ts";

const createdAt = "2026-01-01T00:00:00.000Z";

function conversation(turns: number): { sent: Sent[]; shown: Shown[]; messages: Message[] } {
  const sent: Sent[] = [];
  const shown: Shown[] = [];
  const messages: Message[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const [id, text] = [`q${turn}`, `answer ${turn} 👋`];
    const parentId = turn === 0 ? null : `a${turn - 1}`;
    sent.push({ id, text: `question ${turn}`, isAcknowledged: true });
    shown.push({ generationId: id, text, end: { state: "complete", length: text.length } });
    const question: Message = { id, parentId, seq: turn * 2 + 1, role: "user", text: `question ${turn}`, createdAt };
    const answer = { id: `a${turn}`, parentId: id, seq: turn * 2 + 2, text, generationId: id, createdAt };
    messages.push(question, { ...answer, role: "assistant", state: "complete" });
  }
  return { sent, shown, messages };
}

function faultsOf(change: (history: ReturnType<typeof conversation>) => unknown): string[] {
  const history = conversation(3);
  change(history);
  return checkHistory(history.sent, history.shown, history.messages);
}

const at = <T>(list: T[], index: number): T => {
  const item = list[index];
  if (item === undefined) throw new RangeError(`no item ${index}`);
  return item;
};

test("a history that holds together is without fault, a send that was never acknowledged included", () => {
  expect(faultsOf(() => undefined)).toEqual([]);
  expect(faultsOf(({ sent }) => sent.push({ id: "q9", text: "lost on the way", isAcknowledged: false }))).toEqual([]);
});

test("what was acknowledged and is dropped is told", () => {
  expect(faultsOf(({ messages }) => messages.splice(4, 2))).toContain("q2 was acknowledged and is lost");
  expect(faultsOf(({ messages }) => messages.splice(5, 1))).toEqual(["q2 was shown and is not stored"]);
});

test("what stands twice is told", () => {
  expect(faultsOf(({ messages }) => messages.splice(2, 0, ...messages.slice(0, 2)))).toContain("q0 stands twice");
});

test("what was swapped is told", () => {
  const swapped = faultsOf(({ messages }) => messages.splice(2, 4, ...messages.slice(4, 6), ...messages.slice(2, 4)));
  expect(swapped).toContain("q1 is out of order");
  expect(swapped).toContain("questions changed places");
});

test("what was cut, or grew, since it was shown is told", () => {
  const otherwise = "q1 was shown otherwise than it is stored";
  expect(faultsOf(({ messages }) => (at(messages, 3).text = "answer 1 "))).toEqual([otherwise]);
  expect(faultsOf(({ messages }) => (at(messages, 3).text += "!"))).toEqual([otherwise]);
  expect(faultsOf(({ messages }) => (at(messages, 2).text = "ques"))).toEqual(["q1 has another text than was sent"]);
});

test("an answer that never ends, or ended otherwise than was shown, is told", () => {
  expect(faultsOf(({ messages }) => (at(messages, 5).state = "streaming"))).toContain("a2 is streaming");
  expect(faultsOf(({ messages }) => (at(messages, 5).state = "stopped"))).toEqual([
    "q2 ended as complete and is stopped",
  ]);
});

test("what nobody sent, and what hangs in the wrong place, is told", () => {
  expect(faultsOf(({ sent }) => sent.splice(1, 1))).toEqual(["q1 was never sent"]);
  expect(faultsOf(({ messages }) => (at(messages, 4).parentId = "a0"))).toEqual([
    "q2 does not hang on the message before it",
  ]);
});

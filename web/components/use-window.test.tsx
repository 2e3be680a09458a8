import { render } from "preact";
import { afterEach, expect, test } from "vitest";
import type { Message } from "../../protocol/api.ts";
import { useWindow } from "./use-window.ts";

const root = document.createElement("div");
afterEach(() => render(null, root));

/** A branch of messages `from` to `to`, each under the one before it. */
function branch(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, index): Message => {
    const seq = from + index;
    const parentId = seq === 1 ? null : `m${seq - 1}`;
    return { id: `m${seq}`, parentId, seq, role: "user", text: "", createdAt: "" };
  });
}

/** What is drawn of a branch: its groups, as the seq of each one's first and last message. */
function draw() {
  let window: ReturnType<typeof useWindow> | undefined;
  const View = ({ messages }: { messages: readonly Message[] }) => {
    window = useWindow(messages);
    return null;
  };
  const shown = () => window?.groups.map(({ messages }) => [messages[0]?.seq, messages.at(-1)?.seq]);
  let held: readonly Message[] = [];
  const show = (messages: readonly Message[]) => {
    held = messages;
    render(<View messages={messages} />, root);
    return shown();
  };
  const change = (what: "grow" | "trim") => {
    window?.[what]();
    return show(held);
  };
  const print = (isPrinting: boolean) => {
    window?.drawAll(isPrinting);
    return show(held);
  };
  return { show, change, print, hasMore: () => window?.hasMore };
}

test("of a long branch the last few are drawn, and more of them from the top, a group at a time", () => {
  const { show, change, hasMore } = draw();
  expect([show(branch(1, 20)), hasMore()]).toEqual([[[13, 20]], true]);
  expect(change("grow")).toEqual([[5, 12], [13, 20]]); // prettier-ignore
  expect([change("grow"), hasMore()]).toEqual([[[1, 4], [5, 12], [13, 20]], false]); // prettier-ignore
});

test("all that is held is drawn to be printed, and what was there before it afterwards", () => {
  const { show, print, hasMore } = draw();
  show(branch(1, 20));
  expect([print(true), hasMore()]).toEqual([[[1, 8], [9, 12], [13, 20]], false]); // prettier-ignore
  expect([print(false), hasMore()]).toEqual([[[13, 20]], true]);
});

test("a short branch is drawn whole", () => {
  const { show, hasMore } = draw();
  expect([show(branch(1, 3)), hasMore()]).toEqual([[[1, 3]], false]);
  expect(show([])).toEqual([]);
});

test("older messages that come in above are held back until they are wanted", () => {
  const { show, change, hasMore } = draw();
  show(branch(13, 20));
  expect([show(branch(1, 20)), hasMore()]).toEqual([[[13, 20]], true]);
  expect(change("grow")).toEqual([[5, 12], [13, 20]]); // prettier-ignore
});

test("what comes in below moves nothing: a group that is full is followed by another", () => {
  const { show } = draw();
  show(branch(1, 6));
  expect(show(branch(1, 8))).toEqual([[1, 8]]);
  expect(show(branch(1, 10))).toEqual([[1, 8], [9, 10]]); // prettier-ignore
  expect(show(branch(1, 12))).toEqual([[1, 8], [9, 12]]); // prettier-ignore
});

test("another version in the place of the first message leaves the window where it is", () => {
  const { show, change } = draw();
  show(branch(1, 40));
  change("grow");
  const [, ...rest] = branch(25, 40);
  const [, ...after] = rest;
  const other = { ...branch(25, 25)[0], id: "other" } as Message;
  const next = { ...rest[0], parentId: "other" } as Message;
  expect(show([...branch(1, 24), other, next, ...after])?.[0]).toEqual([25, 32]);
});

test("another branch altogether begins with its last few", () => {
  const { show } = draw();
  show(branch(1, 40));
  const elsewhere = branch(1, 20).map((message) =>
    Object.assign(message, { id: `x${message.seq}`, parentId: `x${message.seq - 1}` }),
  );
  expect(show(elsewhere)).toEqual([[13, 20]]);
});

test("at the end a few groups are enough, and few are left alone", () => {
  const { show, change } = draw();
  show(branch(1, 200));
  for (let count = 0; count < 7; count++) change("grow");
  expect(change("trim")).toHaveLength(8);
  change("grow");
  expect(change("trim")).toEqual([[169, 176], [177, 184], [185, 192], [193, 200]]); // prettier-ignore
});

test("many groups go a part at a time, and the reader who goes up meanwhile keeps the rest", () => {
  const { show, change } = draw();
  show(branch(1, 400));
  for (let count = 0; count < 45; count++) change("grow");
  expect([change("trim")?.length, change("trim")?.length, change("trim")?.length]).toEqual([30, 14, 4]);
  expect(change("trim")).toEqual([[369, 376], [377, 384], [385, 392], [393, 400]]); // prettier-ignore

  for (let count = 0; count < 20; count++) change("grow");
  expect(change("trim")).toHaveLength(8);
  expect(change("grow")).toHaveLength(9);
  expect(change("trim")).toHaveLength(4);
  for (let count = 0; count < 4; count++) change("grow");
  expect(change("trim")).toHaveLength(8);
});

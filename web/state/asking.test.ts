import { expect, test } from "vitest";
import { CONVERSATION, openConversation, openTab } from "../testing/test-app.ts";

const PATH = `/c/${CONVERSATION}`;

test("another answer stands in the place of the first at once, and beside it in the end", async () => {
  const { server, tab, conversation, message, version, posts } = await openConversation();
  const target = message("No.");
  const release = server.hold(/POST .*generations$/);
  conversation.regenerate(target);
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", ""]);
  expect(version("")).toMatchObject({ number: 2, count: 2 });
  expect(conversation.answering.messageId.value).toBe(message("").id);
  await tab.settle();
  release();
  await tab.settle();
  expect(posts()).toEqual([{ id: expect.any(String), messageId: target.id, kind: "regenerate", model: "first" }]);
  server.say(CONVERSATION, "Well,");
  await tab.settle();
  server.say(CONVERSATION, " yes.");
  server.end(CONVERSATION);
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "Well, yes."]);
  expect(version("Well, yes.")).toMatchObject({ number: 2, count: 2 });
  await conversation.branching.switchVersion(message("Well, yes."), -1);
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "No."]);
});

test("another answer in the middle leaves what followed to the first", async () => {
  const { server, tab, conversation, message } = await openConversation();
  conversation.regenerate(message("Yes."));
  await tab.settle();
  server.say(CONVERSATION, "Perhaps.");
  server.end(CONVERSATION);
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Perhaps."]);
  await conversation.branching.switchVersion(message("Perhaps."), -1);
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "No."]);
});

test("another answer is given by the model that is picked now", async () => {
  const { tab, conversation, message, posts } = await openConversation();
  await tab.app.pickModel("second");
  conversation.regenerate(message("No."));
  await tab.settle();
  expect(posts()).toEqual([expect.objectContaining({ kind: "regenerate", model: "second" })]);
});

test("another answer that is refused is not there, and the first one is back", async () => {
  const { server, tab, conversation, message } = await openConversation();
  server.refuse(/POST .*generations$/, { status: 429, code: "rate_limited" });
  conversation.regenerate(message("No."));
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "No."]);
  expect(tab.app.notices.shown.value.map(({ words }) => words)).toEqual(["refused: rate_limited"]);
  expect(conversation.answering.isBusy.value).toBe(false);
});

test("a request for another answer that the network loses is made again under the same id", async () => {
  const { server, tab, conversation, message, posts } = await openConversation();
  server.refuse(/POST .*generations$/, "network");
  conversation.regenerate(message("No."));
  await tab.settle();
  await tab.clock.advance(1_000);
  expect(posts()).toHaveLength(2);
  expect(posts()[0]).toEqual(posts()[1]);
});

test("another answer that never arrived can be taken back without a word", async () => {
  const { server, tab, conversation, message } = await openConversation();
  server.isDown = true;
  conversation.regenerate(message("No."));
  await tab.settle();
  await conversation.answering.stop();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "No."]);
  expect(tab.app.notices.shown.value).toEqual([]);
});

/** An answer that was stopped in its middle. */
async function openStopped() {
  const open = await openConversation(["One?"]);
  open.server.seed(CONVERSATION, ["One?", "Yes, but"]);
  const stored = open.server.conversations.get(CONVERSATION);
  Object.assign(stored?.messages[1] ?? {}, { state: "stopped" });
  const tab = openTab(open.browser, PATH);
  await tab.settle();
  return { ...open, tab, conversation: tab.app.open.value };
}

test("more of an answer: its words stay where they are and others follow, in one message", async () => {
  const { server, tab, conversation, posts } = await openStopped();
  const [, target] = conversation.branching.branch.value;
  if (target === undefined) expect.fail("no answer");
  const release = server.hold(/POST .*generations$/);
  conversation.goOn(target);
  expect(conversation.answering.messageId.value).toBe(target.id);
  expect(tab.texts()).toEqual(["One?", "Yes, but"]);
  await tab.settle();
  release();
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes, but"]);
  server.say(CONVERSATION, " not");
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes, but not"]);
  server.cut(CONVERSATION);
  await tab.settle();
  server.say(CONVERSATION, " now.");
  server.end(CONVERSATION);
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes, but not now."]);
  expect(posts()).toEqual([{ id: expect.any(String), messageId: target.id, kind: "continue", model: "first" }]);
  const [, answer] = conversation.branching.branch.value;
  expect(answer).toMatchObject({ id: target.id, state: "complete" });
  expect(conversation.branching.versions.value.size).toBe(0);
});

test("a page that was read before an answer went on does not end it", async () => {
  const { server, tab, conversation } = await openStopped();
  const [, target] = conversation.branching.branch.value;
  const release = server.hold(/GET .*conversations\/[^/]+$|GET .*since/);
  const stored = server.conversations.get(CONVERSATION);
  if (stored !== undefined) stored.rev += 1;
  tab.app.look();
  await tab.settle();
  if (target !== undefined) conversation.goOn(target);
  await tab.settle();
  release();
  await tab.settle();
  expect(conversation.answering.isBusy.value).toBe(true);
  // Not let go of and found again either.
  expect(server.requests.some(({ path }) => path.endsWith("/stream"))).toBe(false);
  server.say(CONVERSATION, " not now.");
  server.end(CONVERSATION);
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes, but not now."]);
});

test("more that is refused changes nothing", async () => {
  const { server, tab, conversation } = await openStopped();
  const [, target] = conversation.branching.branch.value;
  server.refuse(/POST .*generations$/, { status: 503, code: "unavailable", retryAfterMs: 60_000 });
  if (target !== undefined) conversation.goOn(target);
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes, but"]);
  expect(conversation.branching.branch.value[1]?.state).toBe("stopped");
  expect(tab.app.notices.shown.value).toHaveLength(1);
});

test("nothing is asked for while an answer is being written", async () => {
  const { tab, conversation, message, posts } = await openConversation();
  await tab.say("Three?");
  conversation.editing.begin(message("One?"));
  conversation.editing.composer.write("Zero?");
  conversation.sendEdit();
  conversation.regenerate(message("Yes."));
  conversation.goOn(message("Yes."));
  await tab.settle();
  expect(posts()).toHaveLength(1);
  expect(conversation.editing.composer.text.value).toBe("Zero?");
});

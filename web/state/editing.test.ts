import { expect, test } from "vitest";
import { CONVERSATION, openConversation, openTab } from "../testing/test-app.ts";

const PATH = `/c/${CONVERSATION}`;

async function edit(
  { tab, conversation, message }: Awaited<ReturnType<typeof openConversation>>,
  from: string,
  to: string,
) {
  conversation.editing.begin(message(from));
  conversation.editing.composer.write(to);
  conversation.sendEdit();
  await tab.settle();
}

test("a changed message stands beside the one that it changes, and its answer grows below it", async () => {
  const open = await openConversation();
  const { server, tab, message, version, posts, conversation } = open;
  await edit(open, "Two?", "Three?");
  expect(posts()).toEqual([{ id: expect.any(String), text: "Three?", parentId: message("Yes.").id }]);
  server.say(CONVERSATION, "Of course.");
  server.end(CONVERSATION);
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Three?", "Of course."]);
  expect(version("Three?")).toMatchObject({ number: 2, count: 2 });
  expect(conversation.editing.messageId.value).toBe(null);
  await conversation.branching.switchVersion(message("Three?"), -1);
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "No."]);
});

test("the first message of all is changed into another beginning", async () => {
  const open = await openConversation();
  await edit(open, "One?", "Other?");
  expect(open.posts()).toEqual([{ id: expect.any(String), text: "Other?", parentId: null }]);
  expect(open.tab.texts()).toEqual(["Other?", ""]);
  expect(open.version("Other?")).toMatchObject({ number: 2, count: 2 });
});

test("while a change is on its way what stood below is out of sight, and the composer's own draft is untouched", async () => {
  const open = await openConversation();
  const release = open.server.hold(/POST .*messages$/);
  open.conversation.composer.write("a draft");
  await edit(open, "Two?", "Three?");
  expect(open.tab.texts()).toEqual(["One?", "Yes."]);
  expect(open.conversation.editing.composer.outgoing.value?.text).toBe("Three?");
  expect([...open.browser.stored.values()].join()).toContain("Three?");
  release();
  await open.tab.settle();
  expect(open.tab.texts()).toEqual(["One?", "Yes.", "Three?", ""]);
  expect(open.conversation.composer.text.value).toBe("a draft");
});

test("a change that is refused comes back to where it was written, with the server's words, and goes again as the same", async () => {
  const open = await openConversation();
  open.server.refuse(/POST .*messages$/, { status: 429, code: "rate_limited" });
  await edit(open, "Two?", "Three?");
  const { editing, refusal } = open.conversation;
  expect(editing.messageId.value).toBe(open.message("Two?").id);
  expect(editing.composer.text.value).toBe("Three?");
  expect(editing.refusal.value?.code).toBe("rate_limited");
  expect(refusal.value).toBe(null);
  expect(open.tab.texts()).toEqual(["One?", "Yes.", "Two?", "No."]);
  open.tab.app.look();
  await open.tab.settle();
  expect(editing.refusal.value?.code).toBe("rate_limited");
  open.conversation.sendEdit();
  await open.tab.settle();
  expect(new Set(open.posts().map((body) => JSON.stringify(body))).size).toBe(1);
  expect(open.tab.texts()).toEqual(["One?", "Yes.", "Three?", ""]);
});

test("a change outlives the page: half written, and half sent", async () => {
  const { browser, tab, conversation, message, server } = await openConversation();
  conversation.editing.begin(message("Two?"));
  conversation.editing.composer.write("Three");
  tab.close();
  const again = openTab(browser, PATH);
  await again.settle();
  const { editing } = again.app.open.value;
  expect([editing.messageId.value, editing.composer.text.value]).toEqual([message("Two?").id, "Three"]);

  server.isDown = true;
  again.app.open.value.sendEdit();
  await again.settle();
  again.close();
  server.isDown = false;
  const last = openTab(browser, PATH);
  await last.settle();
  expect(last.app.open.value.editing.composer.text.value).toBe("Three");
  last.app.open.value.sendEdit();
  await last.settle();
  expect(last.texts()).toEqual(["One?", "Yes.", "Three", ""]);
  expect(browser.stored.size).toBe(0);
});

test("a change that did arrive before the reload is not offered again", async () => {
  const open = await openConversation();
  const release = open.server.hold(/POST .*messages$/);
  await edit(open, "Two?", "Three?");
  open.tab.close();
  release();
  const again = openTab(open.browser, PATH);
  await again.settle();
  expect(again.texts()).toEqual(["One?", "Yes.", "Three?", ""]);
  expect(again.app.open.value.editing.messageId.value).toBe(null);
  expect(open.browser.stored.size).toBe(0);
});

test("a change that is given up leaves nothing behind", async () => {
  const { browser, conversation, message } = await openConversation();
  conversation.editing.begin(message("Two?"));
  conversation.editing.composer.write("Three");
  conversation.editing.cancel();
  expect([conversation.editing.messageId.value, browser.stored.size]).toEqual([null, 0]);
});

test("another message is not changed before the words of a change are sent or given up, over a reload too", async () => {
  const { browser, tab, conversation, message } = await openConversation();
  const { editing } = conversation;
  expect(editing.begin(message("One?"))).toBe(true);
  // Nothing was changed so far: nothing is lost.
  expect(editing.begin(message("Two?"))).toBe(true);
  editing.composer.write("Three");
  expect(editing.begin(message("One?"))).toBe(false);
  expect([editing.messageId.value, editing.composer.text.value]).toEqual([message("Two?").id, "Three"]);
  tab.close();
  const again = openTab(browser, PATH, tab.own);
  await again.settle();
  const reopened = again.app.open.value.editing;
  expect(reopened.begin(message("One?"))).toBe(false);
  expect(reopened.composer.text.value).toBe("Three");
  reopened.cancel();
  expect(reopened.begin(message("One?"))).toBe(true);
});

test("another message is not changed while a change is on its way", async () => {
  const open = await openConversation();
  const one = open.message("One?");
  const release = open.server.hold(/POST .*messages$/);
  await edit(open, "Two?", "Three?");
  expect(open.conversation.editing.begin(one)).toBe(false);
  expect(open.conversation.editing.composer.outgoing.value?.text).toBe("Three?");
  release();
  await open.tab.settle();
  expect(open.conversation.editing.begin(one)).toBe(true);
});

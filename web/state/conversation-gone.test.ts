import { expect, test } from "vitest";
import { CONVERSATION, openConversation, openTab } from "../testing/test-app.ts";

test("everything that was being written in a conversation that is deleted elsewhere goes along", async () => {
  const { server, tab, conversation, message } = await openConversation();
  conversation.editing.begin(message("One?"));
  conversation.editing.composer.write("a change");
  conversation.composer.write("half a thought");
  server.remove(CONVERSATION);
  await tab.settle();
  expect(tab.visited.at(-1)).toBe("/");
  expect(tab.app.open.value.composer.text.value).toBe("half a thought\n\na change");
});

test("a change that is on its way to a conversation that is deleted elsewhere goes along", async () => {
  const { server, tab, conversation, message } = await openConversation();
  server.hold(/POST .*messages$/);
  conversation.editing.begin(message("One?"));
  conversation.editing.composer.write("a change");
  conversation.sendEdit();
  await tab.settle();
  conversation.composer.write("a second thought");
  server.remove(CONVERSATION);
  await tab.settle();
  expect(tab.app.open.value.composer.text.value).toBe("a second thought\n\na change");
});

test("a message that is on its way there goes along, and is found once", async () => {
  const { server, tab, conversation, browser } = await openConversation();
  server.isDown = true;
  await tab.say("Three?");
  conversation.composer.write("And four?");
  conversation.leave();
  await tab.settle();
  expect(tab.app.open.value.composer.text.value).toBe("Three?\n\nAnd four?");
  expect([...browser.stored.keys()]).toEqual(["brink.draft.new"]);
});

test("a change that was not taken is found after a reload, though its conversation is not there any more", async () => {
  const { browser, server, tab, conversation, message } = await openConversation();
  conversation.editing.begin(message("One?"));
  conversation.editing.composer.write("a change");
  tab.close();
  server.remove(CONVERSATION);
  const again = openTab(browser, `/c/${CONVERSATION}`, tab.own);
  await again.settle();
  expect(again.visited.at(-1)).toBe("/");
  expect(again.app.open.value.composer.text.value).toBe("a change");
});

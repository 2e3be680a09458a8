import { expect, test } from "vitest";
import { CONVERSATION, createBrowser, openAnswering, openTab } from "../testing/test-app.ts";

const PATH = `/c/${CONVERSATION}`;

/** The same conversation on two devices: they share a server, and no storage and no channel between tabs. */
async function openTwoDevices() {
  const browser = createBrowser();
  const { server } = browser;
  const stored = server.seed(CONVERSATION, ["One?", "Yes."], "Old");
  const [here, there] = [openTab(browser, PATH), openTab(createBrowser(server), PATH)];
  await here.settle();
  await there.settle();
  const reads = () => server.requests.filter(({ path }) => path.includes(`${CONVERSATION}?since`)).length;
  const settle = async () => {
    await there.settle();
    await here.settle();
  };
  return { server, stored, here, there, settle, reads };
}

test("a conversation that is open has one bell, which follows to the next one that is opened", async () => {
  const browser = createBrowser();
  const one = browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const tab = openTab(browser, PATH);
  await tab.settle();
  expect([one.bells.size, tab.app.open.value.isHeard.value]).toEqual([1, true]);
  tab.app.newChat();
  await tab.settle();
  expect([one.bells.size, tab.app.open.value.isHeard.value]).toEqual([0, false]);
  tab.app.router.go(CONVERSATION);
  await tab.settle();
  expect(one.bells.size).toBe(1);
});

test("a bell is not dialled where there is nothing yet: not for a new chat, and not before its first message is taken", async () => {
  const browser = createBrowser();
  const dialled: string[] = [];
  const { connect } = browser.server;
  browser.server.connect = (path, events) => {
    dialled.push(path);
    return connect(path, events);
  };
  const tab = openTab(browser);
  await tab.settle();
  const release = browser.server.hold(/POST .*messages$/);
  await tab.say("Why?");
  expect(dialled).toEqual([]);
  release();
  await tab.settle();
  expect(dialled).toEqual([`/api/conversations/${tab.app.open.value.id}/bell`]);
});

test("what is renamed on another device is renamed here, on the page and in the list", async () => {
  const { here, there, settle } = await openTwoDevices();
  await there.app.rename(CONVERSATION, "New");
  await settle();
  expect(here.app.open.value.title.value).toBe("New");
  expect(here.app.conversations.items.value.map(({ title }) => title)).toEqual(["New"]);
});

test("a message sent on another device appears here, and its answer grows word by word", async () => {
  const { here, there, server, settle } = await openTwoDevices();
  await there.say("Two?");
  await settle();
  server.say(CONVERSATION, "Two");
  await settle();
  expect(here.texts()).toEqual(["One?", "Yes.", "Two?", "Two"]);
  server.say(CONVERSATION, " it is.");
  server.end(CONVERSATION);
  await settle();
  expect(here.texts()).toEqual(["One?", "Yes.", "Two?", "Two it is."]);
  expect(here.app.open.value.branching.branch.value.at(-1)?.state).toBe("complete");
});

test("an answer that is followed here is not read a second time because the bell rings for it", async () => {
  const { here, there, server, settle, reads } = await openTwoDevices();
  await there.say("Two?");
  await settle();
  const before = reads();
  server.say(CONVERSATION, "Two.");
  server.end(CONVERSATION);
  await settle();
  expect(reads()).toBe(before);
  // Only the other device had to read, once, of a message that was not its own.
  expect(before).toBe(1);
  expect(here.texts()).toEqual(there.texts());
});

test("a conversation deleted on another device is left calmly, and what was being written goes along", async () => {
  const { here, there, settle } = await openTwoDevices();
  here.app.open.value.composer.write("half a thought");
  await there.app.remove(CONVERSATION);
  await settle();
  expect(here.visited.at(-1)).toBe("/");
  expect(here.app.open.value.composer.text.value).toBe("half a thought");
  expect(here.app.conversations.items.value).toEqual([]);
  expect(here.app.notices.shown.value.map(({ words }) => words)).toEqual(["This conversation is not here any more."]);
  expect(there.app.notices.shown.value).toEqual([]);
});

test("a conversation deleted in another tab of this browser is left at once, without a bell and without a look", async () => {
  const browser = createBrowser();
  browser.server.hasBell = false;
  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const [here, there] = [openTab(browser, PATH), openTab(browser, PATH)];
  await here.settle();
  await there.settle();
  const asked = browser.server.requests.length;
  await there.app.remove(CONVERSATION);
  expect(here.visited.at(-1)).toBe("/");
  expect(here.app.notices.shown.value).toHaveLength(1);
  await here.settle();
  const reads = browser.server.requests
    .slice(asked)
    .filter(({ method, path }) => method === "GET" && path.includes(CONVERSATION));
  expect(reads).toEqual([]);
});

test("a conversation deleted while its answer is written is left as calmly", async () => {
  const browser = createBrowser();
  const { server } = browser;
  server.hasBell = false;
  server.seed(CONVERSATION, ["One?", "Yes."]);
  const tab = openTab(browser, PATH);
  await tab.settle();
  await tab.say("Two?");
  server.end(CONVERSATION, { state: "stopped", error: { code: "deleted", detail: "The conversation was deleted." } });
  await tab.settle();
  expect(tab.visited.at(-1)).toBe("/");
  expect(tab.app.notices.shown.value).toHaveLength(1);
});

test("what rings right before the bell rings off is not looked for: it is not there any more", async () => {
  const { here, stored, server } = await openTwoDevices();
  const asked = server.requests.length;
  const [bell] = stored.bells;
  bell?.onText(JSON.stringify({ rev: 9, live: null }));
  await here.clock.advance(20);
  bell?.onClose(4404);
  await here.clock.advance(1_000);
  expect(here.visited.at(-1)).toBe("/");
  expect(server.requests.slice(asked).filter(({ path }) => path.includes(CONVERSATION))).toEqual([]);
});

test("a ring for what is being read just now is not read again", async () => {
  const { here, stored, server, reads } = await openTwoDevices();
  const before = reads();
  stored.rev += 1;
  const release = server.hold(/GET .*since/);
  here.app.look();
  await here.settle();
  for (const bell of stored.bells) bell.onText(JSON.stringify({ rev: stored.rev, live: null }));
  await here.settle();
  release();
  await here.settle();
  expect(reads() - before).toBe(1);
});

test("a change in another tab of this browser is heard of twice and read once", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["One?", "Yes."], "Old");
  const [here, there] = [openTab(browser, PATH), openTab(browser, PATH)];
  await here.settle();
  await there.settle();
  const reads = () => browser.server.requests.filter(({ path }) => path.includes(`${CONVERSATION}?since`)).length;
  await there.app.rename(CONVERSATION, "New");
  await there.settle();
  await here.settle();
  expect(here.app.open.value.title.value).toBe("New");
  expect(reads()).toBe(2);
});

test("without a bell a deletion is found on the next look", async () => {
  const browser = createBrowser();
  browser.server.hasBell = false;
  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const tab = openTab(browser, PATH);
  await tab.settle();
  browser.server.remove(CONVERSATION);
  tab.app.look();
  await tab.settle();
  expect(tab.visited.at(-1)).toBe("/");
  expect(tab.app.notices.shown.value).toHaveLength(1);
});

test("a page looks by itself only where no bell rings; at the list, now and then, all the same", async () => {
  const { here, server, settle } = await openTwoDevices();
  server.seed("0192f0c1-0000-7000-8000-000000000001", ["Why?", "So."], "Begun elsewhere");
  const before = server.requests.length;
  for (let look = 0; look < 4; look++) {
    expect(server.requests.length).toBe(before);
    here.app.lookByItself();
    await settle();
  }
  expect(server.requests.slice(before).map(({ path }) => path)).toEqual(["/api/conversations"]);
  expect(here.app.conversations.items.value.map(({ title }) => title)).toContain("Begun elsewhere");

  server.hasBell = false;
  const deaf = openTab(createBrowser(server), PATH);
  await deaf.settle();
  server.conversations.get(CONVERSATION)?.messages.splice(1, 1);
  server.append(server.conversations.get(CONVERSATION) ?? expect.fail(), "From elsewhere");
  server.ring(CONVERSATION);
  deaf.app.lookByItself();
  await deaf.settle();
  expect(deaf.texts().at(-1)).toBe("From elsewhere");
});

test("a bell that was lost is dialled again, and tells what was missed", async () => {
  const { here, server, stored } = await openTwoDevices();
  for (const bell of stored.bells) queueMicrotask(() => bell.onClose(1006));
  stored.bells.clear();
  stored.title = "Renamed meanwhile";
  server.ring(CONVERSATION);
  await here.clock.advance(3_000);
  expect(here.app.open.value.title.value).toBe("Renamed meanwhile");
});

test("a conversation begun here gets its bell with its first answer, and the title that the server gives it", async () => {
  const { tab, id, server } = await openAnswering();
  server.end(id);
  await tab.settle();
  const stored = server.conversations.get(id);
  if (stored !== undefined) stored.title = "On tides";
  server.ring(id);
  await tab.settle();
  expect(tab.app.open.value.title.value).toBe("On tides");
  expect(tab.app.conversations.items.value.map(({ title }) => title)).toEqual(["On tides"]);
});

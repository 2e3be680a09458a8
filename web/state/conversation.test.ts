import { expect, test } from "vitest";
import { CONVERSATION, createBrowser, openAnswering, openTab } from "../testing/test-app.ts";

const PATH = `/c/${CONVERSATION}`;

test("a first message gets its address, shows at once, and its answer grows word by word to its end", async () => {
  const { tab, id, server } = await openAnswering();
  expect(tab.visited.at(-1)).toBe(`/c/${id}`);
  expect(tab.texts()).toEqual(["Why?", "Because "]);
  server.say(id, "of the moon.");
  server.end(id);
  await tab.settle();
  expect(tab.texts()).toEqual(["Why?", "Because of the moon."]);
  expect(tab.app.open.value.branching.branch.value.at(-1)).toMatchObject({ state: "complete", finishReason: "stop" });
  expect(tab.app.open.value.answering.answer.value).toBe(null);
  expect(tab.app.announcement.value).toContain("Because of the moon.");
});

test("an answer that failed is announced with the reason", async () => {
  const { tab, id, server } = await openAnswering();
  server.end(id, { state: "failed", error: { code: "provider_stalled", detail: "The model fell silent." } });
  await tab.settle();
  expect(tab.app.announcement.value).toBe("Answer failed. The model fell silent. Because ");
});

test("what was announced is gone after a moment, or with another conversation, and the same words again are news", async () => {
  const { tab, id, server } = await openAnswering();
  const announced: string[] = [];
  tab.app.announcement.subscribe((words) => void announced.push(words.trim()));
  const stop = async () => {
    server.end(id, { state: "stopped" });
    await tab.settle();
  };
  await stop();
  await tab.clock.advance(5_000);
  for (let round = 0; round < 2; round++) {
    await tab.say("Again?");
    await stop();
  }
  tab.app.newChat();
  expect(announced).toEqual(["", "Answer stopped. Because", "", "Answer stopped.", "Answer stopped.", ""]);
});

test("a reload in mid-answer shows the same text and goes on behind it", async () => {
  const { browser, tab, id, server } = await openAnswering();
  tab.close();
  server.say(id, "of ");
  const again = openTab(browser, `/c/${id}`);
  await again.settle();
  expect(again.texts()).toEqual(["Why?", "Because of "]);
  const attach = server.requests.at(-1);
  expect(attach?.path).toMatch(/\/stream$/);
  expect(attach?.headers.get("Last-Event-ID")).toMatch(/\.1\.11$/);
  server.say(id, "the moon.");
  server.end(id);
  await again.settle();
  expect(again.texts()).toEqual(["Why?", "Because of the moon."]);
});

test("an answer that was attached to is let go of with its conversation, also before a word of it has come", async () => {
  const { browser, tab, id, server } = await openAnswering();
  tab.close();
  const there = openTab(browser, `/c/${id}`);
  const release = server.hold(/GET .*stream$/);
  await there.settle();
  const left = there.app.open.value;
  there.app.newChat();
  release();
  await there.settle();
  expect([left.answering.answer.value, server.readersOf(id)]).toEqual([null, 0]);
  there.app.router.go(id);
  await there.settle();
  expect([there.texts(), server.readersOf(id)]).toEqual([["Why?", "Because "], 1]);
});

test("a line that drops in mid-answer is resumed from what is held", async () => {
  const { tab, id, server } = await openAnswering();
  server.cut(id);
  server.say(id, "of ");
  await tab.settle();
  server.say(id, "the moon.");
  server.end(id);
  await tab.settle();
  expect(tab.texts()).toEqual(["Why?", "Because of the moon."]);
  expect(server.requests.filter(({ method, path }) => method === "POST" && path.endsWith("/messages"))).toHaveLength(1);
});

test("another tab hears of a send at once and follows the same stream", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const first = openTab(browser, PATH);
  const second = openTab(browser, PATH);
  await first.settle();
  await second.settle();
  await first.say("Two?");
  await second.settle();
  expect(browser.server.readersOf(CONVERSATION)).toBe(2);
  browser.server.say(CONVERSATION, "Two.");
  browser.server.end(CONVERSATION);
  await first.settle();
  await second.settle();
  expect(first.texts()).toEqual(["One?", "Yes.", "Two?", "Two."]);
  expect(second.texts()).toEqual(first.texts());
});

test("a second look asks only for what has changed, and follows what another device has begun", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const tab = openTab(browser, PATH);
  await tab.settle();
  tab.app.look();
  await tab.settle();
  expect(browser.server.requests.at(-1)?.path).toBe(`/api/conversations/${CONVERSATION}?since=1`);
  browser.server.begin(CONVERSATION, "0192f0c1-9999-7000-8000-000000000001", "Two?");
  browser.server.say(CONVERSATION, "Tw");
  tab.app.look();
  await tab.settle();
  browser.server.say(CONVERSATION, "o.");
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "Two."]);
});

test("leaving for another conversation stops reading, coming back goes on where the answer is by then", async () => {
  const { tab, id, server } = await openAnswering();
  tab.app.newChat();
  await tab.settle();
  expect(server.readersOf(id)).toBe(0);
  server.say(id, "of ");
  tab.app.router.go(id);
  await tab.settle();
  server.say(id, "the moon.");
  server.end(id);
  await tab.settle();
  expect(tab.texts()).toEqual(["Why?", "Because of the moon."]);
});

test("what was read of an answer still stands when its reader comes back and the server cannot be reached", async () => {
  const { tab, id, server } = await openAnswering();
  tab.app.newChat();
  await tab.settle();
  server.say(id, "of ");
  server.isDown = true;
  tab.app.router.go(id);
  await tab.settle();
  expect(tab.texts()).toEqual(["Why?", "Because "]);
  expect(tab.app.open.value.branching.branch.value.at(-1)?.state).toBe("streaming");
  server.isDown = false;
  tab.app.look();
  await tab.settle();
  expect(tab.texts()).toEqual(["Why?", "Because of "]);
});

test("an answer found on a reload is found again after looking elsewhere, though no revision has moved", async () => {
  const { browser, tab, id, server } = await openAnswering();
  tab.close();
  const again = openTab(browser, `/c/${id}`);
  await again.settle();
  again.app.newChat();
  await again.settle();
  again.app.router.go(id);
  await again.settle();
  server.say(id, "of the moon.");
  await again.settle();
  expect(again.texts()).toEqual(["Why?", "Because of the moon."]);
});

test("a snapshot that was read before an answer's end and comes after it changes nothing", async () => {
  const { tab, id, server } = await openAnswering();
  const release = server.hold(/GET .*since|GET .*conversations\/[^/?]+$/);
  tab.app.look();
  await tab.settle();
  server.end(id);
  await tab.settle();
  release();
  await tab.settle();
  expect(tab.app.open.value.answering.answer.value).toBe(null);
  expect(tab.app.open.value.branching.branch.value.at(-1)?.state).toBe("complete");
  expect(server.requests.some(({ path }) => path.endsWith("/stream"))).toBe(false);
});

test("whoever asks for a look while one is under way gets one that is not older than the asking", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const tab = openTab(browser, PATH);
  await tab.settle();
  const release = browser.server.hold(/GET .*since/);
  tab.app.look();
  await tab.settle();
  browser.server.begin(CONVERSATION, "0192f0c1-9999-7000-8000-000000000001", "Two?");
  tab.app.look();
  release();
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", ""]);
});

test("a look that is never answered does not stand in the way of the next one for ever", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const tab = openTab(browser, PATH);
  await tab.settle();
  const looks = () => browser.server.requests.filter(({ path }) => path.includes(`${CONVERSATION}?since`)).length;
  browser.server.hold(/GET .*since/);
  tab.app.look();
  await tab.settle();
  tab.app.look();
  await tab.settle();
  expect(looks()).toBe(1);
  await tab.clock.advance(31_000);
  expect(looks()).toBe(2);
});

test("an end of another length is not believed: the stored text is fetched", async () => {
  const { tab, id, server } = await openAnswering();
  server.end(id, { length: 99 });
  await tab.settle();
  expect(tab.texts()).toEqual(["Why?", "Because "]);
  expect(tab.app.open.value.branching.branch.value.at(-1)?.state).toBe("complete");
  expect(server.requests.at(-1)?.path).not.toContain("since");
});

test("a refused reader asks for the snapshot and does not go round in circles; a later look tries again", async () => {
  const { tab, id, server } = await openAnswering();
  server.refuse(/GET .*stream$/, { status: 409, code: "cursor_ahead" });
  server.cut(id);
  await tab.settle();
  const attaches = () => server.requests.filter(({ path }) => path.endsWith("/stream")).length;
  expect(attaches()).toBe(1);
  expect(tab.app.open.value.answering.answer.value).toBe(null);
  tab.app.look();
  await tab.settle();
  expect(attaches()).toBe(2);
  server.say(id, "after all.");
  server.end(id);
  await tab.settle();
  expect(tab.texts()).toEqual(["Why?", "Because after all."]);
});

test("while a refused reader waits for the snapshot, what it has read stays on the page", async () => {
  const { tab, id, server } = await openAnswering();
  server.refuse(/GET .*stream$/, { status: 409, code: "cursor_ahead" });
  const release = server.hold(/GET .*conversations\/[^/]+$/);
  server.cut(id);
  await tab.settle();
  expect(tab.app.open.value.answering.answer.value).toBe(null);
  expect(tab.texts()).toEqual(["Why?", "Because "]);
  server.say(id, "of the moon.");
  server.end(id);
  release();
  await tab.settle();
  expect(tab.texts()).toEqual(["Why?", "Because of the moon."]);
});

test("an answer that the server has lost does not stay on the page as if it were being written", async () => {
  const { tab, id, server } = await openAnswering();
  const stored = server.conversations.get(id);
  stored?.messages.pop();
  server.refuse(/GET .*stream$/, { status: 404, code: "not_found" });
  server.cut(id);
  await tab.settle();
  expect(tab.texts()).toEqual(["Why?"]);
  expect(tab.app.open.value.answering.answer.value).toBe(null);
});

test("older messages come by the page, once however often they are asked for", async () => {
  const browser = createBrowser();
  browser.server.seed(
    CONVERSATION,
    Array.from({ length: 120 }, (_, index) => `text ${index + 1}`),
  );
  const tab = openTab(browser, PATH);
  await tab.settle();
  const conversation = tab.app.open.value;
  expect(conversation.branching.branch.value).toHaveLength(50);
  await Promise.all([conversation.branching.loadOlder(), conversation.branching.loadOlder()]);
  expect(conversation.branching.branch.value).toHaveLength(100);
  await conversation.branching.loadOlder();
  expect(conversation.branching.branch.value.map(({ text }) => text).slice(0, 2)).toEqual(["text 1", "text 2"]);
  expect(conversation.branching.hasOlder.value).toBe(false);
  expect(browser.server.requests.filter(({ path }) => path.includes("before="))).toHaveLength(2);
});

test("what is not there says so; what cannot be read can be tried again", async () => {
  const browser = createBrowser();
  const missing = openTab(browser, PATH);
  await missing.settle();
  expect(missing.app.open.value.status.value).toBe("missing");

  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  browser.server.refuse(/GET .*conversations\/0192/, { status: 503, code: "unavailable" });
  const failing = openTab(browser, PATH);
  await failing.settle();
  expect(failing.app.open.value.status.value).toBe("failed");
  failing.app.open.value.show();
  await failing.settle();
  expect(failing.texts()).toEqual(["One?", "Yes."]);
});

test("a session that has run out is begun again in mid-send, unseen", async () => {
  const { browser, tab, id, server } = await openAnswering();
  server.end(id);
  await tab.settle();
  server.hasSession = false;
  await tab.say("And?");
  expect(browser.server.requests.filter(({ path }) => path.endsWith("/guest"))).toHaveLength(1);
  expect(tab.texts()).toEqual(["Why?", "Because ", "And?", ""]);
});

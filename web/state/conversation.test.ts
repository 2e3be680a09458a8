import { expect, test } from "vitest";
import { CONVERSATION, createBrowser, openTab } from "../testing/test-app.ts";

const PATH = `/c/${CONVERSATION}`;

/** A tab in which a first question was sent and its answer has begun. */
async function openAnswering() {
  const browser = createBrowser();
  const tab = openTab(browser);
  await tab.say("Why?");
  const { id } = tab.app.open.value;
  browser.server.say(id, "Because ");
  await tab.settle();
  return { browser, tab, id, server: browser.server };
}

test("a first message gets its address, shows at once, and its answer grows word by word to its end", async () => {
  const { tab, id, server } = await openAnswering();
  expect(tab.visited.at(-1)).toBe(`/c/${id}`);
  expect(tab.texts()).toEqual(["Why?", "Because "]);
  server.say(id, "of the moon.");
  server.end(id);
  await tab.settle();
  expect(tab.texts()).toEqual(["Why?", "Because of the moon."]);
  expect(tab.app.open.value.branch.value.at(-1)).toMatchObject({ state: "complete", finishReason: "stop" });
  expect(tab.app.open.value.answering.answer.value).toBe(null);
  expect(tab.app.announcement.value).toContain("Because of the moon.");
});

test("the draft is kept until the first frame, and gone with it", async () => {
  const browser = createBrowser();
  const tab = openTab(browser);
  await tab.started;
  tab.app.open.value.composer.write("Why?");
  tab.app.send();
  expect([...browser.stored.values()].join()).toContain("Why?");
  await tab.settle();
  expect(browser.stored.size).toBe(0);
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

test("a send that the network loses is made again under the same id, and asks once", async () => {
  const browser = createBrowser();
  const tab = openTab(browser);
  await tab.started;
  browser.server.refuse(/POST .*messages$/, "network");
  browser.server.refuse(/POST .*messages$/, "network");
  await tab.say("Why?");
  await tab.clock.advance(1_000);
  const sends = browser.server.requests.filter(({ path }) => path.endsWith("/messages"));
  expect(sends).toHaveLength(3);
  expect(new Set(sends.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(tab.texts()).toEqual(["Why?", ""]);
});

test("a send that is refused comes back as a draft with the server's words, and goes again under the same id", async () => {
  const browser = createBrowser();
  const tab = openTab(browser);
  await tab.started;
  browser.server.refuse(/POST .*messages$/, { status: 429, code: "rate_limited", retryAfterMs: 20_000 });
  await tab.say("Why?");
  const conversation = tab.app.open.value;
  expect(conversation.composer.text.value).toBe("Why?");
  expect(conversation.refusal.value?.detail).toBe("refused: rate_limited");
  tab.app.send();
  await tab.settle();
  const ids = browser.server.requests
    .filter(({ path }) => path.endsWith("/messages"))
    .map(({ body }) => JSON.stringify(body));
  expect(ids).toHaveLength(2);
  expect(ids[0]).toBe(ids[1]);
  expect(conversation.refusal.value).toBe(null);
  expect(tab.texts()).toEqual(["Why?", ""]);
});

test("while offline a send is tried for some seconds, then comes back; nothing is lost", async () => {
  const browser = createBrowser();
  const tab = openTab(browser);
  await tab.started;
  browser.server.isDown = true;
  await tab.say("Why?");
  await tab.clock.advance(60_000);
  expect(tab.app.open.value.composer.text.value).toBe("Why?");
  expect(tab.app.open.value.refusal.value?.code).toBe("network");
  browser.server.isDown = false;
  tab.app.send();
  await tab.settle();
  expect(tab.texts()).toEqual(["Why?", ""]);
});

test("a reload while a send is on its way finds the text again, unless the server has it", async () => {
  const browser = createBrowser();
  const tab = openTab(browser);
  await tab.started;
  browser.server.isDown = true;
  await tab.say("Why?");
  const path = tab.visited.at(-1) ?? "";
  tab.close();
  browser.server.isDown = false;
  const again = openTab(browser, path);
  await again.settle();
  expect(again.app.open.value.status.value).toBe("new");
  expect(again.app.open.value.composer.text.value).toBe("Why?");
  again.app.send();
  await again.settle();
  expect(again.texts()).toEqual(["Why?", ""]);
  expect(again.app.open.value.composer.text.value).toBe("");
});

test("a reload while a send into an old conversation is on its way finds the text again", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const tab = openTab(browser, PATH);
  await tab.settle();
  browser.server.isDown = true;
  await tab.say("Two?");
  tab.close();
  browser.server.isDown = false;
  const again = openTab(browser, PATH);
  await again.settle();
  expect(again.texts()).toEqual(["One?", "Yes."]);
  expect(again.app.open.value.composer.text.value).toBe("Two?");
});

test("busy: the other answer is followed, and the draft stays a draft", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const tab = openTab(browser, PATH);
  await tab.settle();
  browser.server.sendElsewhere(CONVERSATION, "0192f0c1-9999-7000-8000-000000000001", "Two?");
  await tab.say("Three?");
  const conversation = tab.app.open.value;
  expect(conversation.composer.text.value).toBe("Three?");
  expect(conversation.refusal.value?.code).toBe("busy");
  browser.server.say(CONVERSATION, "Two it is.");
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "Two it is."]);
  browser.server.end(CONVERSATION);
  await tab.settle();
  tab.app.send();
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "Two it is.", "Three?", ""]);
});

test("an id that was spent on another text is replaced by a new one", async () => {
  const browser = createBrowser();
  const tab = openTab(browser);
  await tab.started;
  browser.server.refuse(/POST .*messages$/, { status: 409, code: "id_conflict" });
  await tab.say("Why?");
  tab.app.send();
  await tab.settle();
  const [first, second] = browser.server.requests.filter(({ path }) => path.endsWith("/messages"));
  expect(JSON.stringify(first?.body)).not.toBe(JSON.stringify(second?.body));
  expect(tab.texts()).toEqual(["Why?", ""]);
});

test("stop is said to the server, and the answer says that it was stopped", async () => {
  const { tab, server } = await openAnswering();
  await tab.app.open.value.answering.stop();
  await tab.settle();
  expect(server.requests.some(({ path }) => path.endsWith("/stop"))).toBe(true);
  expect(tab.app.open.value.branch.value.at(-1)).toMatchObject({ state: "stopped", text: "Because " });
});

test("a send that never arrived can be taken back by stopping it", async () => {
  const browser = createBrowser();
  const tab = openTab(browser);
  await tab.started;
  browser.server.isDown = true;
  await tab.say("Why?");
  await tab.app.open.value.answering.stop();
  expect(tab.app.open.value.answering.answer.value).toBe(null);
  expect(tab.app.open.value.composer.text.value).toBe("Why?");
});

test("a failed answer can be asked for again: the same words, another message", async () => {
  const { tab, id, server } = await openAnswering();
  server.end(id, { state: "failed", error: { code: "provider_error", detail: "The model reported an error." } });
  await tab.settle();
  const failed = tab.app.open.value.branch.value.at(-1);
  expect(failed).toMatchObject({ state: "failed", error: { code: "provider_error" } });
  if (failed !== undefined) tab.app.open.value.askAgain(failed);
  await tab.settle();
  expect(tab.texts()).toEqual(["Why?", "Because ", "Why?", ""]);
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
  browser.server.sendElsewhere(CONVERSATION, "0192f0c1-9999-7000-8000-000000000001", "Two?");
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

test("leaving before a send was taken does not take it back", async () => {
  const browser = createBrowser();
  const tab = openTab(browser);
  await tab.started;
  tab.app.open.value.composer.write("Why?");
  tab.app.send();
  const { id } = tab.app.open.value;
  tab.app.newChat();
  await tab.settle();
  expect(browser.server.live(id)?.question.text).toBe("Why?");
  expect(browser.server.readersOf(id)).toBe(0);
  expect(browser.stored.size).toBe(0);
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
  expect(tab.app.open.value.branch.value.at(-1)?.state).toBe("complete");
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
  browser.server.sendElsewhere(CONVERSATION, "0192f0c1-9999-7000-8000-000000000001", "Two?");
  tab.app.look();
  release();
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", ""]);
});

test("an end of another length is not believed: the stored text is fetched", async () => {
  const { tab, id, server } = await openAnswering();
  server.end(id, { length: 99 });
  await tab.settle();
  expect(tab.texts()).toEqual(["Why?", "Because "]);
  expect(tab.app.open.value.branch.value.at(-1)?.state).toBe("complete");
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

test("older messages come by the page, once however often they are asked for", async () => {
  const browser = createBrowser();
  browser.server.seed(
    CONVERSATION,
    Array.from({ length: 120 }, (_, index) => `text ${index + 1}`),
  );
  const tab = openTab(browser, PATH);
  await tab.settle();
  const conversation = tab.app.open.value;
  expect(conversation.branch.value).toHaveLength(50);
  await Promise.all([conversation.loadOlder(), conversation.loadOlder()]);
  expect(conversation.branch.value).toHaveLength(100);
  await conversation.loadOlder();
  expect(conversation.branch.value.map(({ text }) => text).slice(0, 2)).toEqual(["text 1", "text 2"]);
  expect(conversation.hasOlder.value).toBe(false);
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

test("the model picked for a new chat goes with its first message only", async () => {
  const browser = createBrowser();
  const tab = openTab(browser);
  await tab.settle();
  await tab.app.pickModel("second");
  await tab.say("Why?");
  browser.server.end(tab.app.open.value.id);
  await tab.settle();
  await tab.say("And?");
  const models = browser.server.requests
    .filter(({ path }) => path.endsWith("/messages"))
    .map(({ body }) => JSON.stringify(body).includes('"model":"second"'));
  expect(models).toEqual([true, false]);
});

test("a message cannot be sent while an answer is being written; the words stay", async () => {
  const { tab } = await openAnswering();
  await tab.say("And?");
  expect(tab.app.open.value.composer.text.value).toBe("And?");
  expect(tab.texts()).toEqual(["Why?", "Because "]);
});

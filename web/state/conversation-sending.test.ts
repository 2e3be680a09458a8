import { expect, test } from "vitest";
import { CONVERSATION, createBrowser, openAnswering, openTab } from "../testing/test-app.ts";

const PATH = `/c/${CONVERSATION}`;

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

test("a page that comes while a send is on its way does not take it back", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const tab = openTab(browser, PATH);
  await tab.settle();
  for (let count = 0; count < 3; count++) browser.server.refuse(/POST .*messages$/, "network");
  await tab.say("Two?");
  browser.server.ring(CONVERSATION);
  await tab.clock.advance(50);
  expect(browser.server.requests.at(-1)?.path).toContain("since");
  const { composer } = tab.app.open.value;
  expect([composer.text.value, composer.outgoing.value?.text]).toEqual(["", "Two?"]);
  await tab.clock.advance(2_000);
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", ""]);
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

test("a first message that is refused is a new chat again: its words are found there, and once more after a reload", async () => {
  const browser = createBrowser();
  const tab = openTab(browser);
  await tab.started;
  browser.server.refuse(/POST .*messages$/, { status: 429, code: "too_many_live" });
  await tab.say("Why?");
  expect(tab.visited.at(-1)).toBe("/");
  expect(tab.app.open.value.status.value).toBe("new");
  tab.app.newChat();
  await tab.settle();
  expect(tab.app.open.value.composer.text.value).toBe("Why?");
  tab.close();
  const again = openTab(browser);
  await again.settle();
  expect(again.app.open.value.composer.text.value).toBe("Why?");
  again.app.send();
  await again.settle();
  expect(again.texts()).toEqual(["Why?", ""]);
  expect(again.visited.at(-1)).toBe(`/c/${again.app.open.value.id}`);
  again.app.newChat();
  expect(again.app.open.value.composer.text.value).toBe("");
});

test("a first message that is refused behind one's back is in the new chat, before what was begun there", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const tab = openTab(browser);
  await tab.started;
  browser.server.refuse(/POST .*messages$/, { status: 429, code: "rate_limited" });
  tab.app.open.value.composer.write("Why?");
  tab.app.send();
  tab.app.newChat();
  tab.app.open.value.composer.write("And how?");
  tab.app.router.go(CONVERSATION);
  await tab.settle();
  expect(tab.app.open.value.id).toBe(CONVERSATION);
  expect(tab.app.notices.shown.value).toHaveLength(1);
  tab.app.newChat();
  expect(tab.app.open.value.composer.text.value).toBe("Why?\n\nAnd how?");
  expect(tab.app.open.value.refusal.value?.code).toBe("rate_limited");
  expect([...browser.stored.keys()]).toEqual(["brink.draft.new"]);
});

test("a message in an old conversation that is refused behind one's back is told of, and waits where it was written", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const tab = openTab(browser, PATH);
  await tab.settle();
  browser.server.refuse(/POST .*messages$/, { status: 429, code: "rate_limited" });
  tab.app.open.value.composer.write("Two?");
  tab.app.send();
  tab.app.newChat();
  await tab.settle();
  const said = () => tab.app.notices.shown.value.map(({ words }) => words);
  expect(said()).toEqual(["A message was not taken. Its words are where you wrote them."]);
  tab.app.router.go(CONVERSATION);
  await tab.settle();
  expect(tab.app.open.value.composer.text.value).toBe("Two?");
  browser.server.refuse(/POST .*messages$/, { status: 429, code: "rate_limited" });
  tab.app.send();
  await tab.settle();
  expect(said()).toHaveLength(1);
});

test("what was begun in a conversation that is there no more goes along to a new chat", async () => {
  const browser = createBrowser();
  browser.stored.set(`brink.draft.${CONVERSATION}`, JSON.stringify({ text: "Two?" }));
  const tab = openTab(browser, PATH);
  await tab.settle();
  expect(tab.visited.at(-1)).toBe("/");
  expect(tab.app.open.value.composer.text.value).toBe("Two?");
  expect(tab.app.notices.shown.value).toHaveLength(1);
});

test.for([
  ["the wait is over", { status: 429, code: "rate_limited", retryAfterMs: 20_000 }, 20_000],
  ["somebody looks again once the network is back", "network", 0],
] as const)("a refusal is said no longer when %s", async ([, refusal, waitMs]) => {
  const browser = createBrowser();
  const tab = openTab(browser);
  await tab.started;
  if (refusal === "network") browser.server.isDown = true;
  else browser.server.refuse(/POST .*messages$/, refusal);
  await tab.say("Why?");
  if (refusal === "network") await tab.clock.advance(60_000);
  const { composer, refusal: said } = tab.app.open.value;
  expect(said.value?.code).toBe(refusal === "network" ? "network" : refusal.code);
  browser.server.isDown = false;
  if (waitMs === 0) tab.app.look();
  else await tab.clock.advance(waitMs);
  expect(said.value).toBe(null);
  expect(composer.text.value).toBe("Why?");
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
  browser.server.begin(CONVERSATION, "0192f0c1-9999-7000-8000-000000000001", "Two?");
  await tab.say("Three?");
  const conversation = tab.app.open.value;
  expect(conversation.composer.text.value).toBe("Three?");
  // When the other answer has ended, and not a moment after it was asked for.
  await tab.clock.advance(2_000);
  expect(conversation.refusal.value?.code).toBe("busy");
  browser.server.say(CONVERSATION, "Two it is.");
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "Two it is."]);
  browser.server.end(CONVERSATION);
  await tab.settle();
  expect(conversation.refusal.value).toBe(null);
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
  expect(tab.app.open.value.branching.branch.value.at(-1)).toMatchObject({ state: "stopped", text: "Because " });
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

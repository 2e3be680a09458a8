import { expect, test } from "vitest";
import { CONVERSATION, createBrowser, openTab } from "../testing/test-app.ts";

const titles = ({ app }: ReturnType<typeof openTab>) => app.conversations.items.value.map(({ title }) => title);

test("without a session a guest's is started, once, before anything else is asked", async () => {
  const browser = createBrowser();
  browser.server.hasSession = false;
  const tab = openTab(browser, `/c/${CONVERSATION}`);
  await tab.settle();
  const paths = browser.server.requests.map(({ method, path }) => `${method} ${path}`);
  expect(paths.filter((path) => path === "POST /api/session/guest")).toHaveLength(1);
  expect(paths.indexOf("POST /api/session/guest")).toBeLessThan(
    paths.findIndex((path) => path.includes("conversations")),
  );
  expect(tab.app.session.user.value?.kind).toBe("guest");
});

test("a session that could not begin begins with the next look", async () => {
  const browser = createBrowser();
  browser.server.isDown = true;
  const tab = openTab(browser);
  await tab.settle();
  expect(tab.app.session.user.value).toBe(null);
  expect(tab.app.conversations.problem.value?.code).toBe("network");
  browser.server.isDown = false;
  tab.app.look();
  await tab.settle();
  expect(tab.app.session.user.value).not.toBe(null);
  expect(tab.app.conversations.problem.value).toBe(null);
});

test("a conversation stands in the list as soon as its first message is taken, and once when the server lists it", async () => {
  const browser = createBrowser();
  const tab = openTab(browser);
  await tab.settle();
  await tab.say("Why is the sea salt?");
  expect(titles(tab)).toEqual(["Why is the sea salt?"]);
  await tab.clock.advance(2_000);
  expect(titles(tab)).toEqual(["Why is the sea salt?"]);
});

test("the list survives a look at its first page: later pages stay, and what was deleted elsewhere goes", async () => {
  const browser = createBrowser();
  for (let index = 1; index <= 70; index++) {
    browser.server.seed(`0192f0c1-0000-7000-8000-${String(index).padStart(12, "0")}`, ["?", "!"], `Chat ${index}`);
  }
  const tab = openTab(browser);
  await tab.settle();
  expect(titles(tab)).toHaveLength(30);
  await tab.app.conversations.loadMore();
  await tab.app.conversations.loadMore();
  expect(titles(tab)).toEqual(Array.from({ length: 70 }, (_, index) => `Chat ${70 - index}`));
  expect(tab.app.conversations.hasMore.value).toBe(false);
  const gone = browser.server.conversations.get("0192f0c1-0000-7000-8000-000000000069");
  if (gone !== undefined) gone.deleted = true;
  await tab.app.conversations.refresh();
  expect(titles(tab)).toHaveLength(69);
  expect(titles(tab)).not.toContain("Chat 69");
});

test("pages are read ahead, once, so that what was pinned long ago stands first", async () => {
  const browser = createBrowser();
  for (let index = 1; index <= 500; index++) {
    const stored = browser.server.seed(`0192f0c1-0000-7000-8000-${String(index).padStart(12, "0")}`, ["?", "!"]);
    stored.pinned = index === 100;
  }
  const tab = openTab(browser);
  await tab.settle();
  expect(tab.app.conversations.items.value).toHaveLength(30);
  await tab.clock.advance(1_500);
  expect(tab.app.conversations.items.value).toHaveLength(430);
  expect(tab.app.conversations.items.value.some(({ pinned }) => pinned)).toBe(true);
  const reads = () => browser.server.requests.filter(({ path }) => path.startsWith("/api/conversations?")).length;
  expect(reads()).toBe(4);
  await tab.app.conversations.refresh();
  await tab.clock.advance(1_500);
  expect(reads()).toBe(4);
});

test("what went to the archive comes back by its notice, the last one too", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["?", "!"]);
  const tab = openTab(browser);
  await tab.settle();
  for (let count = 0; count < 2; count++) {
    await tab.app.archive(CONVERSATION, true);
    expect(tab.app.conversations.shown.value).toEqual([]);
    expect(tab.app.notices.shown.value).toHaveLength(1);
    tab.app.notices.shown.value[0]?.undo?.();
    await tab.settle();
    expect(tab.app.conversations.shown.value).toHaveLength(1);
  }
});

test("what is archived is in the archive alone, and other tabs hear of it", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["?", "!"]);
  const [tab, other] = [openTab(browser), openTab(browser)];
  await tab.settle();
  await other.settle();
  await tab.app.archive(CONVERSATION, true);
  await other.settle();
  for (const { app } of [tab, other]) {
    expect(app.conversations.shown.value).toEqual([]);
    app.conversations.showsArchive.value = true;
    expect(app.conversations.shown.value).toHaveLength(1);
  }
});

test("where nothing can be written is missing: an address that is none, or a conversation that is not there", async () => {
  for (const [path, isMissing] of [
    ["/", false],
    ["/c/cut", true],
    [`/c/${CONVERSATION}`, true],
  ] as const) {
    const tab = openTab(createBrowser(), path);
    await tab.settle();
    expect(tab.app.isMissing.value, path).toBe(isMissing);
    tab.app.newChat();
    expect(tab.app.isMissing.value).toBe(false);
  }
});

test("a list that cannot be read says why, and the chat goes on", async () => {
  const browser = createBrowser();
  browser.server.refuse(/GET \/api\/conversations$/, { status: 503, code: "database_unavailable" });
  const tab = openTab(browser);
  await tab.settle();
  expect(tab.app.conversations.problem.value?.code).toBe("database_unavailable");
  await tab.say("Still there?");
  expect(tab.texts()).toEqual(["Still there?", ""]);
});

test("renaming shows at once, and is taken back when the server refuses it", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["?", "!"], "Old");
  const tab = openTab(browser, `/c/${CONVERSATION}`);
  await tab.settle();
  const renaming = tab.app.rename(CONVERSATION, "New");
  expect(titles(tab)).toEqual(["New"]);
  await renaming;
  expect(tab.app.open.value.title.value).toBe("New");

  browser.server.refuse(/PATCH/, { status: 503, code: "unavailable" });
  await tab.app.rename(CONVERSATION, "Newer");
  expect(titles(tab)).toEqual(["New"]);
  expect(tab.app.notices.shown.value.map(({ words }) => words)).toEqual(["refused: unavailable"]);
});

test("a deleted conversation leaves the list and the page, and its draft is forgotten", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["?", "!"]);
  const tab = openTab(browser, `/c/${CONVERSATION}`);
  await tab.settle();
  tab.app.open.value.composer.write("half a thought");
  await tab.app.remove(CONVERSATION);
  await tab.settle();
  expect(titles(tab)).toEqual([]);
  expect(tab.visited).toEqual(["/"]);
  expect(browser.stored.size).toBe(0);
});

test("a list that was read before a deletion, and comes after it, does not bring it back", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["?", "!"]);
  const tab = openTab(browser);
  await tab.settle();
  const release = browser.server.hold(/GET \/api\/conversations$/);
  const refreshing = tab.app.conversations.refresh();
  await tab.settle();
  await tab.app.remove(CONVERSATION);
  release();
  await refreshing;
  expect(titles(tab)).toEqual([]);
});

test("deleting what is gone already is no failure; what cannot be deleted stays", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["?", "!"]);
  const tab = openTab(browser);
  await tab.settle();
  browser.server.refuse(/DELETE/, { status: 503, code: "unavailable" });
  await tab.app.remove(CONVERSATION);
  expect(titles(tab)).toHaveLength(1);
  browser.server.refuse(/DELETE/, { status: 404, code: "not_found" });
  await tab.app.remove(CONVERSATION);
  expect(titles(tab)).toHaveLength(0);
});

test("the draft of a new chat is still there after looking at another conversation", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["?", "!"]);
  const tab = openTab(browser);
  await tab.settle();
  tab.app.open.value.composer.write("half a thought");
  tab.app.router.go(CONVERSATION);
  await tab.settle();
  expect(tab.app.open.value.composer.text.value).toBe("");
  tab.app.newChat();
  expect(tab.app.open.value.composer.text.value).toBe("half a thought");
});

test("a conversation seen before is shown at once when it is opened again", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["?", "!"]);
  const tab = openTab(browser, `/c/${CONVERSATION}`);
  await tab.settle();
  tab.app.newChat();
  tab.app.router.go(CONVERSATION);
  expect(tab.texts()).toEqual(["?", "!"]);
});

test("the new model of a conversation is kept by the server; a refused one is taken back", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["?", "!"]);
  const tab = openTab(browser, `/c/${CONVERSATION}`);
  await tab.settle();
  await tab.app.pickModel("second");
  expect(browser.server.conversations.get(CONVERSATION)?.model).toBe("second");
  browser.server.refuse(/PATCH/, { status: 400, code: "unknown_model" });
  await tab.app.pickModel("third");
  expect(tab.app.open.value.model.value).toBe("second");
});

test("a row that leads to what is gone leaves the list with the first look at it", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const tab = openTab(browser);
  await tab.settle();
  expect(titles(tab)).toEqual(["Seeded"]);
  browser.server.hasBell = false;
  browser.server.remove(CONVERSATION);
  tab.app.router.go(CONVERSATION);
  await tab.settle();
  expect(tab.app.isMissing.value).toBe(true);
  expect(titles(tab)).toEqual([]);
});

test("a conversation that is deleted takes along what was being written in it, whether it is open or not", async () => {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const writer = openTab(browser, `/c/${CONVERSATION}`);
  await writer.settle();
  const [question] = writer.app.open.value.branching.branch.value;
  if (question !== undefined) writer.app.open.value.editing.begin(question);
  writer.app.open.value.composer.write("a secret");
  writer.close();
  expect([...browser.stored.keys()].filter((key) => key.includes(CONVERSATION))).toHaveLength(3);
  const tab = openTab(browser);
  await tab.settle();
  await tab.app.remove(CONVERSATION);
  expect([...browser.stored.keys()]).toEqual([]);
});

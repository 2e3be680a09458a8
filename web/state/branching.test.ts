import { expect, test } from "vitest";
import { CONVERSATION, createBrowser, openAnswering, openTab } from "../testing/test-app.ts";

const PATH = `/c/${CONVERSATION}`;

/** Two questions; the second has two answers, of which the second was gone on from. */
async function openForked() {
  const browser = createBrowser();
  const { server } = browser;
  const stored = server.seed(CONVERSATION, ["One?", "Yes.", "Two?", "First."]);
  const question = stored.messages[2]?.id ?? "";
  stored.activeLeafId = server.append(stored, "Second.", question).id;
  server.append(stored, "More?");
  server.append(stored, "More.");
  const tab = openTab(browser, PATH);
  await tab.settle();
  const message = (text: string) =>
    tab.app.open.value.branching.branch.value.find((held) => held.text === text) ?? expect.fail(`no ${text}`);
  const patches = () => server.requests.filter(({ method }) => method === "PATCH").map(({ body }) => body);
  const version = (text: string) => tab.app.open.value.branching.versions.value.get(message(text).id);
  return { browser, server, stored, tab, message, patches, version };
}

test("a place with several versions counts them, and the others do not", async () => {
  const { tab, version } = await openForked();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "Second.", "More?", "More."]);
  expect(version("Second.")).toEqual({ number: 2, count: 2, isPartial: false });
  expect([version("Two?"), version("More.")]).toEqual([undefined, undefined]);
});

test("switching shows the other version as it was left, and is stored for every device", async () => {
  const { browser, tab, message, stored } = await openForked();
  await tab.app.open.value.branching.switchVersion(message("Second."), -1);
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "First."]);
  expect(stored.activeLeafId).toBe(message("First.").id);
  await tab.app.open.value.branching.switchVersion(message("First."), 1);
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "Second.", "More?", "More."]);
  await tab.app.open.value.branching.switchVersion(message("Second."), -1);
  await tab.settle();
  const elsewhere = openTab(browser, PATH);
  await elsewhere.settle();
  expect(elsewhere.texts()).toEqual(["One?", "Yes.", "Two?", "First."]);
});

test("of versions that were only passed through none is stored but the last", async () => {
  const { tab, message, patches, server, stored } = await openForked();
  const release = server.hold(/PATCH/);
  const { branching } = tab.app.open.value;
  void branching.switchVersion(message("Second."), -1);
  await tab.settle();
  void branching.switchVersion(message("First."), 1);
  void branching.switchVersion(message("Second."), -1);
  void branching.switchVersion(message("First."), 1);
  await tab.settle();
  release();
  await tab.settle();
  expect(patches()).toHaveLength(2);
  expect(stored.activeLeafId).toBe(message("More.").id);
});

test("a look while a switch is on its way does not undo it", async () => {
  const { tab, message, server } = await openForked();
  const release = server.hold(/PATCH/);
  const { branching } = tab.app.open.value;
  void branching.switchVersion(message("Second."), -1);
  await tab.settle();
  const stored = server.conversations.get(CONVERSATION);
  if (stored !== undefined) stored.activeLeafId = stored.messages.at(-1)?.id ?? null;
  server.ring(CONVERSATION);
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "First."]);
  release();
});

test("a switch that the server refuses is taken back, and said", async () => {
  const { tab, message, server } = await openForked();
  server.refuse(/PATCH/, { status: 503, code: "unavailable" });
  await tab.app.open.value.branching.switchVersion(message("Second."), -1);
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "Second.", "More?", "More."]);
  expect(tab.app.notices.shown.value.map(({ words }) => words)).toEqual(["refused: unavailable"]);
});

test("a message is sent under what is read here, though the switch has not arrived yet", async () => {
  const { tab, message, server, stored } = await openForked();
  const release = server.hold(/PATCH/);
  void tab.app.open.value.branching.switchVersion(message("Second."), -1);
  await tab.say("And now?");
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "First.", "And now?", ""]);
  expect(message("And now?").parentId).toBe(message("First.").id);
  // The switch overtaken by the message has put the leaf back on its way: it is put right.
  stored.activeLeafId = message("First.").id;
  release();
  await tab.settle();
  expect(stored.activeLeafId).toBe(message("").id);
});

test("a branch switched on another device is shown here", async () => {
  const { browser, tab, message } = await openForked();
  const other = openTab({ ...browser, tabs: new Set() }, PATH);
  await other.settle();
  await other.app.open.value.branching.switchVersion(message("Second."), -1);
  await tab.settle();
  expect(tab.texts()).toEqual(["One?", "Yes.", "Two?", "First."]);
});

/** A conversation of several pages, whose active leaf or branch stands on another than the newest. */
async function openLong(prepare: (stored: ReturnType<ReturnType<typeof createBrowser>["server"]["seed"]>) => void) {
  const browser = createBrowser();
  const texts = Array.from({ length: 600 }, (_, index) => `text ${index + 1}`);
  const stored = browser.server.seed(CONVERSATION, texts);
  prepare(stored);
  const tab = openTab(browser, PATH);
  await tab.settle();
  await tab.settle();
  const pages = () => browser.server.requests.filter(({ path }) => path.includes("before=")).length;
  return { browser, stored, tab, pages, branching: tab.app.open.value.branching };
}

test("an active leaf on an older page is searched for, in few and long pages", async () => {
  const { tab, pages } = await openLong((stored) => (stored.activeLeafId = stored.messages[9]?.id ?? null));
  expect(tab.texts()).toEqual(Array.from({ length: 10 }, (_, index) => `text ${index + 1}`));
  expect(pages()).toBe(3);
});

test("a branch that goes on far up is fetched until it does, and no further", async () => {
  const { browser, stored, tab, branching, pages } = await openLong(() => {});
  const fork = stored.messages[199]?.id ?? "";
  browser.server.begin(CONVERSATION, "0192f0c1-9999-7000-8000-000000000001", "Back there", "first", fork);
  browser.server.end(CONVERSATION);
  await tab.settle();
  expect(tab.texts()).toEqual(["Back there", ""]);
  expect(branching.hasOlder.value).toBe(true);
  await branching.loadOlder();
  expect(tab.texts().slice(-3)).toEqual(["text 200", "Back there", ""]);
  // One of the usual length, and then those of a search.
  expect(pages()).toBe(3);
  expect(branching.hasOlder.value).toBe(true);
});

test("a new beginning of a long conversation needs no older pages, until somebody asks for the old one", async () => {
  const { browser, tab, pages, branching } = await openLong(() => {});
  browser.server.begin(CONVERSATION, "0192f0c1-9999-7000-8000-000000000001", "Anew", "first", null);
  browser.server.end(CONVERSATION);
  await tab.settle();
  expect(tab.texts()).toEqual(["Anew", ""]);
  expect([branching.hasOlder.value, pages()]).toEqual([false, 0]);
  const [root] = branching.branch.value;
  expect(branching.versions.value.get(root?.id ?? "")).toMatchObject({ isPartial: true });
  if (root !== undefined) await branching.switchVersion(root, -1);
  expect(tab.texts()).toHaveLength(600);
  expect(branching.versions.value.get(branching.branch.value[0]?.id ?? "")).toEqual({
    number: 1,
    count: 2,
    isPartial: false,
  });
});

test("a page that cannot be had is said where it is missing, and can be asked for again", async () => {
  const { browser, branching } = await openLong(() => {});
  browser.server.refuse(/before=/, { status: 503, code: "unavailable" });
  await branching.loadOlder();
  expect(branching.problem.value?.code).toBe("unavailable");
  expect(branching.branch.value).toHaveLength(50);
  await branching.loadOlder();
  expect(branching.problem.value).toBe(null);
  expect(branching.branch.value).toHaveLength(100);
});

test("an older version that cannot be fetched is said, and nothing is switched", async () => {
  const { browser, tab, branching } = await openLong(() => {});
  browser.server.begin(CONVERSATION, "0192f0c1-9999-7000-8000-000000000001", "Anew", "first", null);
  browser.server.end(CONVERSATION);
  await tab.settle();
  browser.server.refuse(/before=/, { status: 503, code: "unavailable" });
  const [root] = branching.branch.value;
  if (root !== undefined) await branching.switchVersion(root, -1);
  expect(tab.texts()).toEqual(["Anew", ""]);
  expect(tab.app.notices.shown.value.map(({ words }) => words)).toEqual(["refused: unavailable"]);
});

test("an older page that comes when what it continues is not held any more is left out", async () => {
  const { browser, stored, tab, branching } = await openLong(() => {});
  const release = browser.server.hold(/before=/);
  const loading = branching.loadOlder();
  await tab.settle();
  for (let count = 0; count < 120; count++) browser.server.append(stored, `later ${count}`);
  browser.server.ring(CONVERSATION);
  await tab.settle();
  release();
  await loading;
  const later = (from: number) => Array.from({ length: 120 - from }, (_, index) => `later ${index + from}`);
  expect(tab.texts()).toEqual(later(70));
  await branching.loadOlder();
  expect(tab.texts()).toEqual(later(20));
});

test("an answer that ends on a branch that is not shown any more does not bring it back", async () => {
  const { tab, id, server } = await openAnswering();
  server.end(id);
  await tab.settle();
  const [, first] = tab.app.open.value.branching.branch.value;
  if (first !== undefined) tab.app.open.value.regenerate(first);
  await tab.settle();
  const second = tab.app.open.value.branching.branch.value.at(-1);
  if (second !== undefined) await tab.app.open.value.branching.switchVersion(second, -1);
  await tab.settle();
  server.say(id, "Unseen.");
  server.end(id);
  await tab.settle();
  expect(tab.texts()).toEqual(["Why?", "Because "]);
  if (first !== undefined) await tab.app.open.value.branching.switchVersion(first, 1);
  expect(tab.texts()).toEqual(["Why?", "Unseen."]);
});

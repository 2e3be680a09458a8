import { expect, test } from "vitest";
import { CONVERSATION, createBrowser, openTab } from "../testing/test-app.ts";
import { createTabStorage } from "./tab-storage.ts";

const PATH = `/c/${CONVERSATION}`;

const draftOf = (tab: ReturnType<typeof openTab>) => tab.app.open.value.composer.text.value;

async function openTwoTabs() {
  const browser = createBrowser();
  browser.server.seed(CONVERSATION, ["One?", "Yes."]);
  const [here, there] = [openTab(browser, PATH), openTab(browser, PATH)];
  await here.settle();
  await there.settle();
  return { browser, here, there };
}

test("two tabs in one conversation go on with their own words, each over a reload", async () => {
  const { browser, here, there } = await openTwoTabs();
  here.app.open.value.composer.write("mine");
  there.app.open.value.composer.write("yours");
  here.close();
  there.close();
  expect(draftOf(openTab(browser, PATH, here.own))).toBe("mine");
  expect(draftOf(openTab(browser, PATH, there.own))).toBe("yours");
});

test("a tab that sends or empties its draft leaves another's where it is, and takes nothing over from it", async () => {
  const { browser, here, there } = await openTwoTabs();
  here.app.open.value.composer.write("mine");
  there.app.open.value.composer.write("yours");
  here.app.send();
  await here.settle();
  expect(here.texts().slice(0, 3)).toEqual(["One?", "Yes.", "mine"]);
  here.close();
  expect(draftOf(openTab(browser, PATH, here.own))).toBe("");
  there.close();
  expect(draftOf(openTab(browser, PATH))).toBe("yours");
});

test("the next new chat of a tab does not begin with what another tab is writing in its own", async () => {
  const browser = createBrowser();
  const [here, there] = [openTab(browser), openTab(browser)];
  await here.settle();
  await there.settle();
  here.app.open.value.composer.write("mine");
  there.app.open.value.composer.write("yours");
  here.app.send();
  await here.settle();
  here.app.newChat();
  expect(draftOf(here)).toBe("");
  there.close();
  expect(draftOf(openTab(browser, "/", there.own))).toBe("yours");
});

test("what a tab leaves behind is found by the next one, which lets go of it for both", async () => {
  const { browser, here } = await openTwoTabs();
  here.app.open.value.composer.write("left behind");
  here.close();
  const next = openTab(browser, PATH);
  await next.settle();
  expect(draftOf(next)).toBe("left behind");
  next.app.open.value.composer.write("");
  expect(browser.stored.size).toBe(0);
  next.close();
  expect(draftOf(openTab(browser, PATH, next.own))).toBe("");
});

test("where a browser keeps nothing per tab, what was let go of does not come back", () => {
  const stored = new Map<string, string>();
  const shared = {
    read: (key: string) => stored.get(key) ?? null,
    write: (key: string, value: string | null) => void (value === null ? stored.delete(key) : stored.set(key, value)),
  };
  const storage = createTabStorage({ read: () => null, write: () => {} }, shared);
  storage.write("draft", "x");
  expect([storage.read("draft"), stored.size]).toEqual(["x", 1]);
  storage.write("draft", null);
  expect([storage.read("draft"), stored.size]).toEqual([null, 0]);
});

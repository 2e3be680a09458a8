// The app as a person meets it: a real Chromium on `npm start`, with a simulated model that talks faster than it would.
// Nothing may be complained about anywhere: no console error, no violation of the policy, no failed request.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { newId } from "../dev/api-client.ts";
import { expectedText, SIMULATED_MODEL } from "../dev/simulated-llm.ts";
import { type Brink, kill, startBrink } from "./rig/brink.ts";
import { launchChromium } from "./rig/chromium.ts";
import { type HurriedModel, startHurriedModel } from "./rig/hurried-model.ts";
import { answers, ended, focused, say, screenshot, shows, stored, watch, type Watch } from "./rig/page.ts";

const DESKTOP = { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 2 };
const NARROW = { viewport: { width: 800, height: 700 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const TOKENS_PER_SECOND = 120;

let stateDir: string;
let model: HurriedModel;
let brink: Brink;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let watched: Watch;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), "brink-e2e-"));
  model = await startHurriedModel(TOKENS_PER_SECOND);
  const variables = { OPENAI_BASE_URL: model.url, OPENAI_MODEL: SIMULATED_MODEL };
  [brink, browser] = await Promise.all([startBrink({ stateDir, variables }), launchChromium()]);
});

afterAll(async () => {
  await browser?.close();
  await brink?.stop();
  await model?.close();
  rmSync(stateDir, { recursive: true, force: true });
});

/** Every test is a person of their own. */
async function visit(options: BrowserContextOptions): Promise<void> {
  context = await browser.newContext({ ...options, reducedMotion: "reduce", colorScheme: "light" });
  context.setDefaultTimeout(20_000);
  watched = await watch(context);
  page = await context.newPage();
  await page.goto(brink.url);
  await page.getByText("Guest", { exact: true }).waitFor({ state: "attached" });
}

beforeEach(() => visit(DESKTOP));
afterEach(() => context.close());

test("an answer streams in, outlives a reload half-way, and reads the same in every tab", async () => {
  const question = "A long essay, please."; // Longer than a busy machine takes to open a tab.
  await say(page, question);
  const early = await shows(page, 20);
  const other = await context.newPage();
  await other.goto(page.url());
  const later = await shows(page, early.length + 60);
  expect(later.slice(0, 20)).toBe(early.slice(0, 20));

  await page.reload();
  await shows(page, later.length);
  const whole = await ended(page, "complete");
  expect(whole.length).toBeGreaterThan(later.length + 100);
  expect(await ended(other, "complete")).toBe(whole);
  const fresh = await context.newPage();
  await fresh.goto(page.url());
  expect(await ended(fresh, "complete")).toBe(whole);
  expect((await stored(page)).map(({ text }) => text)).toEqual([question, expectedText(SIMULATED_MODEL, question)]);
  expect(watched.complaints).toEqual([]);
});

test("a second tab follows what is sent in the first, word for word", async () => {
  await say(page, "hello");
  await ended(page, "complete");
  const other = await context.newPage();
  await other.goto(page.url());
  await ended(other, "complete");
  await say(page, "Make a table of the planets.");
  await answers(other).nth(1).waitFor();
  await shows(other, 40);
  const whole = await ended(page, "complete");
  expect(await ended(other, "complete")).toBe(whole);
  expect(await page.locator("article.message-assistant table").count()).toBe(1);
  expect(watched.complaints).toEqual([]);
});

test("words selected in the paragraph that is being written stay selected while it grows", async () => {
  await say(page, "A long essay, please.");
  await shows(page, 40);
  // Six letters of the text that is growing, before it has grown and after.
  const [picked, selected] = await page.evaluate<[string, string]>(`(async () => {
    const growing = () => {
      let node = document.querySelector("article.message-assistant .prose");
      while (node.lastChild) node = node.lastChild;
      return node;
    };
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (;;) {
      await frame();
      const words = growing();
      const { length, data } = words;
      if (!(length > 10)) continue;
      getSelection().setBaseAndExtent(words, 2, words, 8);
      while (words === growing() && words.length === length) await frame();
      if (words.length > length) return [data.slice(2, 8), getSelection().toString()];
    }
  })()`);
  expect(selected).toBe(picked);
  expect(watched.complaints).toEqual([]);
});

test("Stop ends the answer where it stands, and there it stays", async () => {
  await say(page, "A long essay, please.");
  await shows(page, 150);
  await page.getByRole("button", { name: "Stop the answer" }).click();
  const stopped = await ended(page, "stopped");
  await page.getByText("Stopped here.").waitFor();
  await page.reload();
  expect(await ended(page, "stopped")).toBe(stopped);
  const [, answer] = await stored(page);
  expect(answer?.state).toBe("stopped");
  expect(expectedText(SIMULATED_MODEL, "A long essay, please.").startsWith(answer?.text ?? "-")).toBe(true);
  expect(watched.complaints).toEqual([]);
});

test("a question is changed and an answer is made anew: nothing is lost, and every version can be turned to", async () => {
  await say(page, "hello");
  const first = await ended(page, "complete");
  const other = await context.newPage();
  await other.goto(page.url());
  await ended(other, "complete");

  await page.getByRole("button", { name: "Regenerate" }).click();
  await page.getByText("2/2").waitFor();
  await ended(page, "complete");
  await other.getByText("2/2").waitFor();
  await page.getByRole("button", { name: "Previous version" }).click();
  await page.getByText("1/2").waitFor();
  expect(await ended(page, "complete")).toBe(first);
  await other.getByText("1/2").waitFor();

  await page.getByRole("button", { name: "Edit message" }).click();
  await page.getByLabel("Changed message").fill("thanks");
  await page.keyboard.press("Enter");
  await page.locator("article.message-user", { hasText: "thanks" }).waitFor();
  await answers(page).filter({ hasText: "You are welcome" }).waitFor();
  const second = await ended(page, "complete");
  await answers(other).filter({ hasText: "You are welcome" }).waitFor();
  expect(await ended(other, "complete")).toBe(second);
  expect(await stored(page)).toHaveLength(5);
  expect(watched.complaints).toEqual([]);
});

test("a conversation is renamed in its place, found under its name, and deleted for good", async () => {
  await say(page, "hello there");
  await ended(page, "complete");
  const list = page.getByRole("navigation", { name: "Conversations" });
  const choose = async (item: string) => {
    await list.getByRole("listitem").hover();
    await list.getByRole("button", { name: /^More about/ }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };
  await choose("Rename");
  await page.getByLabel("Name of the conversation").fill("A greeting");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "A greeting" }).waitFor();
  await page.reload();
  await list.getByRole("link", { name: "A greeting" }).waitFor();

  const address = page.url();
  await choose("Delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await list.getByRole("link").waitFor({ state: "detached" });
  await page.getByRole("heading", { name: "New chat" }).waitFor();
  expect(watched.complaints).toEqual([]);
  await page.goto(address);
  await page.getByText("There is nothing here.").waitFor();
  expect(watched.complaints.filter((complaint) => !complaint.includes("404"))).toEqual([]);
});

test("dark is as the device has it, or as it was chosen, from the first paint on", async () => {
  const lightness = async () => {
    const colour = await page.evaluate<string>(`getComputedStyle(document.querySelector("main")).backgroundColor`);
    return Number(/^okl(?:ab|ch)\(([\d.]+) /.exec(colour)?.[1]);
  };
  const isLight = () => expect.poll(lightness).toBeGreaterThan(0.9);
  const isDark = () => expect.poll(lightness).toBeLessThan(0.3);
  await isLight();
  await page.emulateMedia({ colorScheme: "dark" });
  await isDark();
  await page.getByRole("button", { name: "Light", exact: true }).click();
  await isLight();
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByRole("button", { name: "Dark", exact: true }).click();
  await isDark();
  await page.reload();
  expect(await lightness()).toBeLessThan(0.3);
  await say(page, "Show me everything in Markdown.");
  await shows(page, 400);
  await screenshot(page, "desktop-dark");
  expect(watched.complaints).toEqual([]);
});

test("on a phone nothing is cut off, the list is a drawer, and an answer can be read", async () => {
  await context.close();
  await visit(PHONE);
  await screenshot(page, "phone-new");
  await say(page, "Show me everything in Markdown.");
  await ended(page, "complete");
  const overflow = () => page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  expect(await overflow()).toBe(0);
  expect(await answers(page).locator("math").count()).toBe(2);
  const link = page.getByRole("link", { name: /everything/ });
  expect(await link.isVisible()).toBe(false);
  await page.getByRole("button", { name: "Open the list" }).tap();
  await link.waitFor();
  await screenshot(page, "phone-drawer");
  await link.tap();
  await link.waitFor({ state: "hidden" });
  expect(await overflow()).toBe(0);
  expect(watched.complaints).toEqual([]);
});

test("with the keyboard alone a row is pinned, put away and deleted, and the focus is never lost", async () => {
  for (const text of ["One", "Two", "Three"]) await mention(text);
  await page.reload();
  await chooseByKey("One", "p");
  await hasFocus("More about “One”");
  await page.getByRole("heading", { name: "Pinned" }).waitFor();
  await chooseByKey("Three", "a");
  await hasFocus("More about “Two”");

  const toast = page.locator(".toast", { hasText: "Moved to the archive." });
  await toast.waitFor();
  for (const size of [{ width: 320, height: 568 }, { width: 844, height: 390 }, NARROW.viewport, DESKTOP.viewport]) {
    await page.setViewportSize(size);
    const [above, below] = [await toast.boundingBox(), await page.locator("form.composer").boundingBox()];
    expect((above?.y ?? Infinity) + (above?.height ?? 0)).toBeLessThan(below?.y ?? 0);
  }

  await toast.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("link", { name: "Three" }).waitFor();
  await toast.waitFor({ state: "detached" });
  await chooseByKey("Three", "a");
  await toast.waitFor();

  await chooseByKey("Two", "d");
  await hasFocus("Keep it");
  await page.keyboard.press("Escape");
  await hasFocus("More about “Two”");
  for (const [title, next] of [
    ["Two", "More about “One”"],
    ["One", "New chat"],
  ] as const) {
    await chooseByKey(title, "d");
    await hasFocus("Keep it");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await hasFocus(next);
  }
  await page.keyboard.press("Shift+Tab");
  await hasFocus("Skip to the message field");
  await page.keyboard.press("Enter");
  await hasFocus("Message");
  expect(watched.complaints).toEqual([]);
});

test("whoever jumps to the latest message can go on from there with the keyboard", async () => {
  await page.setViewportSize({ width: 1280, height: 360 });
  await say(page, "Show me everything in Markdown.");
  await ended(page, "complete");
  await page.mouse.move(800, 100);
  await page.mouse.wheel(0, -400);
  const jump = page.getByRole("button", { name: "Jump to the latest message" });
  await jump.press("Enter");
  await jump.waitFor({ state: "detached" });
  await page.locator(".scroller:focus").waitFor();
  expect(watched.complaints).toEqual([]);
});

test("the drawer takes the focus and keeps it until it is closed; Escape closes no more than is on top", async () => {
  await context.close();
  await visit(NARROW);
  await mention("One");
  await page.reload();
  const opener = page.getByRole("button", { name: "Open the list" });
  const open = async () => {
    await opener.press("Enter");
    await hasFocus("Close the list");
  };
  const isClosed = async () => {
    await hasFocus("Open the list");
    await page.getByRole("navigation", { name: "Conversations" }).waitFor({ state: "hidden" });
  };
  await open();
  await page.getByRole("link", { name: "One" }).waitFor();
  const visited = new Set<string>();
  for (let stop = await focused(page); !visited.has(stop); stop = await focused(page)) {
    visited.add(stop);
    await page.keyboard.press("Tab");
  }
  expect(
    [...visited].filter((stop) => ["Open the list", "Message", "Skip to the message field"].includes(stop)),
  ).toEqual([]);
  expect(visited).toContain("More about “One”");
  await page.getByRole("button", { name: "Close the list" }).press("Enter");
  await isClosed();
  await open();
  await page.mouse.click(780, 350);
  await isClosed();

  await open();
  await chooseByKey("One", "r");
  await hasFocus("Name of the conversation");
  await page.keyboard.press("Escape");
  await hasFocus("One");
  await chooseByKey("One", "d");
  await hasFocus("Keep it");
  await page.keyboard.press("Escape");
  await hasFocus("More about “One”");
  await page.keyboard.press("Escape");
  await isClosed();

  await open();
  await page.setViewportSize(DESKTOP.viewport);
  // Beside the list again, and within reach.
  await page.getByLabel("Message", { exact: true }).click();
  await hasFocus("Message");
  expect(watched.complaints).toEqual([]);
});

test("a crash in mid-answer is said and keeps the words, and Continue goes on behind them", async () => {
  await say(page, "A long essay about copper.");
  // For longer than a second: what is younger than that may go with the crash.
  await shows(page, 900);
  kill(brink.workerdPid(), "SIGKILL");
  const kept = await ended(page, "interrupted");
  expect(kept.length).toBeGreaterThan(0);
  await page.getByRole("button", { name: "Continue" }).click();
  const more = await shows(page, kept.length + 200);
  expect(more.slice(0, 60)).toBe(kept.slice(0, 60));
  await page.getByRole("button", { name: "Stop the answer" }).click();
  await ended(page, "stopped");
  const [, answer] = await stored(page);
  expect(expectedText(SIMULATED_MODEL, "A long essay about copper.").startsWith(answer?.text ?? "-")).toBe(true);
  // What the browser itself says about a server that is away for a moment.
  const isAway = /net::ERR_|status of 50\d|^50\d |WebSocket/;
  expect(watched.complaints.filter((complaint) => !isAway.test(complaint))).toEqual([]);
});

test("the pictures of the README: code, a table on its way, and the same on a phone", async () => {
  for (const text of ["Plan a weekend in Lisbon", "Why is the sky blue?", "A haiku about tides"]) await mention(text);
  await page.reload();
  await say(page, "Write a small function in TypeScript");
  await ended(page, "complete");
  await say(page, "What can you do?");
  await shows(page, 330);
  await screenshot(page, "desktop");
  const address = page.url();
  await ended(page, "complete");
  expect(watched.complaints).toEqual([]);

  const storageState = await context.storageState();
  await context.close();
  await visit({ ...PHONE, storageState });
  await page.goto(address);
  await ended(page, "complete");
  await screenshot(page, "phone");
  expect(watched.complaints).toEqual([]);
});

function hasFocus(name: string): Promise<void> {
  return expect.poll(() => focused(page)).toBe(name);
}

/** From the menu of a row, by the letter that the item begins with. */
async function chooseByKey(title: string, letter: string): Promise<void> {
  await page.getByRole("button", { name: `More about “${title}”` }).press("Enter");
  await page.getByRole("menu").waitFor();
  await page.keyboard.press(letter);
  await page.keyboard.press("Enter");
}

/** One more conversation in the list, whose answer nobody waits for. */
async function mention(text: string): Promise<void> {
  const [conversationId, id] = [newId(), newId()];
  const conversation = `${brink.url}/api/conversations/${conversationId}`;
  const headers = { Accept: "application/json" };
  expect((await page.request.post(`${conversation}/messages`, { headers, data: { id, text } })).status()).toBe(202);
  expect((await page.request.post(`${conversation}/generations/${id}/stop`)).status()).toBe(200);
  const list = async () => (await page.request.get(`${brink.url}/api/conversations`)).text();
  await expect.poll(list).toContain(conversationId); // Within a second: a page that comes sooner does not have it.
}

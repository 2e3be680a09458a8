// What a page does beside the conversation itself, in a real Chromium: paper, and where the focus goes.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { newId } from "../dev/api-client.ts";
import { SIMULATED_MODEL } from "../dev/simulated-llm.ts";
import { type Brink, startBrink } from "./rig/brink.ts";
import { launchChromium } from "./rig/chromium.ts";
import { type HurriedModel, startHurriedModel } from "./rig/hurried-model.ts";
import { answers, ended, focused, say, screenshot, watch, type Watch } from "./rig/page.ts";

const TOKENS_PER_SECOND = 2_000;

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
  const variables = { OPENAI_BASE_URL: model.url, OPENAI_MODEL: SIMULATED_MODEL, LIMITS: "off" };
  [brink, browser] = await Promise.all([startBrink({ stateDir, variables }), launchChromium()]);
});

afterAll(async () => {
  await browser?.close();
  await brink?.stop();
  await model?.close();
  rmSync(stateDir, { recursive: true, force: true });
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  context.setDefaultTimeout(20_000);
  watched = await watch(context);
  page = await context.newPage();
  await page.goto(brink.url);
  await page.getByText("Guest", { exact: true }).waitFor({ state: "attached" });
});
afterEach(() => context.close());

test("a long chat is printed whole, page after page, and the screen is as it was before", async () => {
  const conversationId = newId();
  for (let round = 0; round < 8; round++)
    await ask(conversationId, `Question ${round}\n${"a line of it\n".repeat(30)}`);
  await page.goto(`${brink.url}/c/${conversationId}`);
  await ended(page, "stopped");
  const messages = page.locator("[data-message]");
  await expect.poll(() => messages.count()).toBe(8);
  await page.evaluate(`addEventListener("beforeprint", () => {
    globalThis.printed = document.querySelectorAll("[data-message]").length;
  })`);
  const paper = (await page.pdf()).toString("latin1");
  expect(await page.evaluate("globalThis.printed")).toBe(16);
  // Eight questions of thirty lines are more than three pages.
  expect(paper.match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThan(3);
  await expect.poll(() => messages.count()).toBe(8);
  expect(await page.locator(".to-end").count()).toBe(0);
  expect(watched.complaints).toEqual([]);
});

test("whoever asks again by a button or by Enter in the changed message goes on in the field", async () => {
  await say(page, "hello");
  await ended(page, "complete");
  await page.getByRole("button", { name: "Regenerate" }).press("Enter");
  await hasFocus("Message");
  await page.getByText("2/2").waitFor();
  await ended(page, "complete");

  await page.getByRole("button", { name: "Edit message" }).press("Enter");
  await page.getByLabel("Changed message").fill("A long essay, please.");
  await page.keyboard.press("Enter");
  await hasFocus("Message");

  await page.getByRole("button", { name: "Stop the answer" }).click();
  await ended(page, "stopped");
  await page.getByRole("button", { name: /^(Continue|Try again)$/ }).press("Enter");
  await hasFocus("Message");
  expect(watched.complaints).toEqual([]);
});

test("a new chat that is open already is gone on with in its field, by the button and by the shortcut", async () => {
  const button = page.getByRole("button", { name: "New chat" }).first();
  await button.click();
  await hasFocus("Message");
  await page.getByRole("button", { name: "Dark", exact: true }).click();
  await page.keyboard.press("Control+k");
  await hasFocus("Message");
  expect(watched.complaints).toEqual([]);
});

test("where the formatter's chunk is gone the words stand as they were written, until it can be fetched after all", async () => {
  const chunks = "**/assets/formatter-*.js";
  let refused = 0;
  await context.route(chunks, (route) => {
    refused += 1;
    return route.fulfill({ status: 404, contentType: "application/problem+json", body: "{}" });
  });
  await page.reload();
  await say(page, "Show me everything in Markdown.");
  await ended(page, "complete");
  expect(await page.locator(".prose-plain").count()).toBe(1);
  expect(refused).toBeGreaterThan(0);
  await context.unroute(chunks);
  const tablesAfterALook = async () => {
    await page.evaluate(`dispatchEvent(new Event("focus"))`);
    return answers(page).locator("table").count();
  };
  await expect.poll(tablesAfterALook).toBe(1);
  expect(watched.complaints.filter((complaint) => !complaint.includes("404"))).toEqual([]);
});

test("a fork goes on by itself, and what it was taken from stays as it was", async () => {
  await say(page, "hello");
  const first = await ended(page, "complete");
  await say(page, "thanks");
  await ended(page, "complete");
  const address = page.url();
  await page.getByRole("button", { name: "Fork from here" }).first().click();
  await expect.poll(() => page.url()).not.toBe(address);
  await expect.poll(() => answers(page).count()).toBe(1);
  expect(await ended(page, "complete")).toBe(first);
  await hasFocus("Message");
  await screenshot(page, "fork");
  await say(page, "thanks");
  await ended(page, "complete");
  expect(await page.getByRole("navigation", { name: "Conversations" }).getByRole("link").count()).toBe(2);
  await page.goto(address);
  await expect.poll(() => answers(page).count()).toBe(2);
  expect(watched.complaints).toEqual([]);
});

test("dark by hand is dark at the browser's edge too, from the first paint on", async () => {
  await page.getByRole("button", { name: "Dark", exact: true }).click();
  await page.reload();
  const colours = await page.evaluate(`[...document.querySelectorAll("meta[name=theme-color]")]
    .filter(({ media }) => matchMedia(media).matches).map(({ content }) => content)`);
  expect(colours).toEqual(["#15181d"]);
  expect(watched.complaints).toEqual([]);
});

function hasFocus(name: string): Promise<void> {
  return expect.poll(() => focused(page)).toBe(name);
}

/** A message whose answer nobody waits for. */
async function ask(conversationId: string, text: string): Promise<void> {
  const id = newId();
  const conversation = `${brink.url}/api/conversations/${conversationId}`;
  const headers = { Accept: "application/json" };
  expect((await page.request.post(`${conversation}/messages`, { headers, data: { id, text } })).status()).toBe(202);
  expect((await page.request.post(`${conversation}/generations/${id}/stop`)).status()).toBe(200);
}

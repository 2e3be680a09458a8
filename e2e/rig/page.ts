// The app in a real browser, by what a person sees of it, and everything that a browser complains about.

import { join } from "node:path";
import type { BrowserContext, Locator, Page } from "playwright-core";

const RESULTS = join(import.meta.dirname, "..", "..", "test-results");

export type Watch = { complaints: readonly string[] };

/** From now on: console errors and warnings, uncaught exceptions, violations of the policy, answers of 400 and above. */
export async function watch(context: BrowserContext): Promise<Watch> {
  const complaints: string[] = [];
  await context.addInitScript({
    content: `addEventListener("securitypolicyviolation", (event) =>
      console.error("policy: " + event.effectiveDirective + " " + event.blockedURI + " " + event.sample))`,
  });
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  return { complaints };
}

/** Sends, and waits for the place where the answer will stand. */
export async function say(page: Page, text: string): Promise<void> {
  const before = await answers(page).count();
  const field = page.getByLabel("Message", { exact: true });
  await field.fill(text);
  // Under a finger Enter breaks the line.
  const isTouched = await page.evaluate<boolean>("matchMedia('(pointer: coarse) and (hover: none)').matches");
  if (isTouched) await page.getByRole("button", { name: "Send", exact: true }).tap();
  else await field.press("Enter");
  await answers(page).nth(before).waitFor();
}

export function answers(page: Page): Locator {
  return page.locator("article.message-assistant");
}

/** What the newest answer shows, once it is at least so long. */
export async function shows(page: Page, length: number): Promise<string> {
  const text = answers(page).last().locator(".prose");
  await text.filter({ hasText: new RegExp(`[^]{${length},}`) }).waitFor();
  return text.innerText();
}

export async function ended(page: Page, state: "complete" | "stopped" | "interrupted"): Promise<string> {
  await answers(page)
    .last()
    .and(page.locator(`[data-state="${state}"]`))
    .waitFor();
  return answers(page).last().locator(".prose").innerText();
}

/** The stored messages of the conversation that the page is on, as its own session reads them. */
export async function stored(page: Page): Promise<{ text: string; state?: string }[]> {
  const path = `/api/conversations/${new URL(page.url()).pathname.split("/").at(-1)}`;
  const response = await page.request.get(new URL(path, page.url()).href);
  const { messages }: { messages: { text: string; state?: string }[] } = await response.json();
  return messages;
}

/** What has the focus, by its name or its words; empty where nothing has it. */
export function focused(page: Page): Promise<string> {
  return page.evaluate<string>(`(({ ariaLabel, textContent }) => ariaLabel ?? textContent.trim())(
    document.activeElement === document.body ? { ariaLabel: "" } : document.activeElement)`);
}

export function screenshot(page: Page, name: string): Promise<Buffer> {
  return page.screenshot({ path: join(RESULTS, `${name}.png`), animations: "disabled" });
}

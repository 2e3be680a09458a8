// A person at a page, in a Chromium of their own: opens it with nothing in the cache, types into its field, and reads
// what `probe.js` has noted meanwhile.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { launchChromium } from "../../e2e/rig/chromium.ts";
import { quantile } from "../statistics.ts";

/** What `probe.js` holds; times in milliseconds. */
type Probe = { keys: number[]; longTasks: number[]; frames: number; dropped: number; interactiveAt: number };

export type Visit = { page: Page; context: BrowserContext; [Symbol.asyncDispose](): Promise<void> };

const DESKTOP = { width: 1280, height: 800 };
// A quick typist's pace, off the beat of any frame.
const KEY_MS = 70;
const JITTER_MS = 33;
const SHOWN_MS = 100; // The last key has to be shown, too.

/** Null where none can be started; `onMissing` is told why. */
export async function openBrowser(onMissing: (reason: string) => void): Promise<Browser | null> {
  try {
    return await launchChromium();
  } catch (error) {
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    onMissing(reason);
    return null;
  }
}

/** `cookie`: as a request has it; null: a stranger. */
export async function openPage(browser: Browser, url: string, cookie: string | null): Promise<Visit> {
  const context = await browser.newContext({ viewport: DESKTOP });
  await context.addInitScript({ path: join(import.meta.dirname, "probe.js") });
  if (cookie !== null) {
    const [name = "", ...value] = cookie.split("="); // A signature may end in "=".
    await context.addCookies([{ name, value: value.join("="), url: new URL(url).origin }]);
  }
  const page = await context.newPage();
  return { page, context, [Symbol.asyncDispose]: () => context.close() };
}

/** Forgets what was noted so far. */
export async function startProbe({ page }: Visit): Promise<void> {
  await page.evaluate("Object.assign(probe, { keys: [], longTasks: [], frames: 0, dropped: 0 })");
}

export function readProbe({ page }: Visit): Promise<Probe> {
  return page.evaluate<Probe>("probe");
}

/** Types words into the field that has the focus. Each key is a time of its own, whatever the one before took. */
export async function type({ page }: Visit, keys: number): Promise<void> {
  const startedAt = performance.now();
  for (let index = 0; index < keys; index++) {
    const dueAt = startedAt + index * KEY_MS + ((index * 7) % JITTER_MS);
    await sleep(Math.max(0, dueAt - performance.now()));
    await page.keyboard.press(index % 6 === 5 ? "Space" : ("abcde"[index % 6] ?? "a"));
  }
  await sleep(SHOWN_MS);
}

export const keysWithin = (ms: number) => Math.floor(ms / KEY_MS);

export function keyFigures({ keys }: Probe): Record<string, number | null> {
  return { "key p50": quantile(keys, 0.5), "key p95": quantile(keys, 0.95) };
}

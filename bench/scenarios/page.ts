// The app in a real browser, beside a page that is nothing but a field: how soon it stands, how quickly a key is on the
// page in a long conversation, and whether an answer that arrives at 100 tokens a second holds anything up.

import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { expectedText } from "../../dev/simulated-llm.ts";
import { type HeldConversation, writeConversation } from "../browser/conversation.ts";
import { type EmptyPage, startEmptyPage } from "../browser/empty-page.ts";
import {
  keyFigures,
  keysWithin,
  openBrowser,
  openPage,
  readProbe,
  startProbe,
  type,
  type Visit,
} from "../browser/visit.ts";
import { weighScripts } from "../browser/weight.ts";
import { createRun, type Run } from "../figures.ts";
import type { Rig } from "../rig/rig.ts";
import { median } from "../statistics.ts";
import { within } from "../within.ts";
import type { Scenario, Size, Subject } from "./scenario.ts";

const TOKENS_PER_SECOND = 100;
const ESSAY = "A long essay about copper.";

const messagesOf = ({ isSmoke }: Size) => (isSmoke ? 40 : 2_000);
// A little less than the answer takes.
const streamMsOf = ({ isSmoke }: Size) => (isSmoke ? 300 : 8_000);
const keysOf = ({ isSmoke }: Size) => (isSmoke ? 5 : 100);
// A page that has just been opened has its own affairs to see to.
const settledMsOf = ({ isSmoke }: Size) => (isSmoke ? 100 : 1_000);
const loadsOf = ({ isSmoke }: Size) => (isSmoke ? 1 : 7);
const modelOf = ({ isSmoke }: Size) =>
  `brink-simulated:first=50,rate=${TOKENS_PER_SECOND}${isSmoke ? ",tokens=60" : ""}`;

export const page: Scenario = {
  name: "page",
  columns: [],
  extras: [
    { name: "script", unit: "kB" },
    { name: "all scripts", unit: "kB" },
    { name: "first paint", unit: "ms", compare: "added" },
    { name: "interactive", unit: "ms", compare: "added" },
    { name: "key p50", unit: "ms" },
    { name: "key p95", unit: "ms", compare: "added" },
    { name: "long tasks", unit: "count" },
    { name: "frames dropped", unit: "%" },
  ],
  describe: (size) =>
    `Chromium, with an empty cache, at a desktop's size. Scripts are weighed gzipped: those that the page begins with, ` +
    `and all that it fetches by itself. Interactive: the field is there and takes a key. A key lasts from the browser's ` +
    `own time of it to the end of the frame that shows it. At ${TOKENS_PER_SECOND} tokens a second the empty page reads ` +
    `the pipe and shows a count, and Brink an answer in Markdown. ${messagesOf(size).toLocaleString("en")} messages stand ` +
    `before it; "all read": every one of them is on the page, read up to the first.`,
  cases(size) {
    let conversation: Promise<HeldConversation> | null = null;
    /** As it opens, at its end; and once more with every message on the page, read up to the first. */
    const inLongConversation = (measure: (visit: Visit, held: HeldConversation) => Promise<Run>): Subject[] =>
      ["Brink", "Brink, all read"].map((name) =>
        inBrink(async (browser, rig) => {
          const held = await (conversation ??= writeConversation(
            (await rig.site()).url,
            messagesOf(size),
            modelOf(size),
          ));
          await using visit = await openConversation(browser, rig, held);
          if (name !== "Brink") await readUp(visit, messagesOf(size));
          return await measure(visit, held);
        }, name),
      );
    return [
      {
        name: "opened",
        reference: "empty page",
        subjects: [
          inEmptyPage((browser, { url }) => measureLoads(browser, url, null, size)),
          inBrink(async (browser, rig) => measureLoads(browser, (await rig.site()).url, null, size)),
        ],
      },
      {
        name: "at rest",
        reference: "empty page",
        subjects: [
          inEmptyPage(async (browser, { url }) => {
            await using visit = await openPage(browser, url, null);
            await visit.page.goto(url);
            return await measureKeys(visit, size);
          }),
          ...inLongConversation((visit) => measureKeys(visit, size)),
        ],
      },
      {
        name: `${TOKENS_PER_SECOND} tokens/s`,
        reference: "empty page",
        subjects: [
          inEmptyPage(async (browser, { url }) => {
            await using visit = await openPage(browser, url, null);
            await visit.page.goto(url);
            return await measureStream(visit, size, () => readInEmptyPage(visit, size));
          }),
          ...inLongConversation((visit, held) => measureStream(visit, size, () => askInBrink(visit, held, size))),
        ],
      },
    ];
  },
};

function inBrink(measure: (browser: Browser, rig: Rig) => Promise<Run>, name = "Brink"): Subject {
  return { name, measure: (rig) => withBrowser((browser) => measure(browser, rig)) };
}

function inEmptyPage(measure: (browser: Browser, empty: EmptyPage) => Promise<Run>): Subject {
  return {
    name: "empty page",
    measure: (rig) =>
      withBrowser(async (browser) => {
        const empty = await startEmptyPage(rig.pipe.url);
        try {
          return await measure(browser, empty);
        } finally {
          await empty.close();
        }
      }),
  };
}

const RUN_MS = 300_000; // Ten times what the longest takes. Not all that a browser is asked has a limit of its own.
const CLOSE_MS = 10_000;

/** A browser of its own for every run: none is warmed up by the one before. */
async function withBrowser(measure: (browser: Browser) => Promise<Run>): Promise<Run> {
  const browser = await openBrowser(saySkipped);
  if (browser === null) return createRun({});
  try {
    return await within(RUN_MS, "a run in the browser", measure(browser));
  } finally {
    await within(CLOSE_MS, "the browser", browser.close());
  }
}

let isSaid = false;
function saySkipped(reason: string): void {
  if (!isSaid) console.error(`  page: SKIPPED, no Chromium can be started here: ${reason}`);
  isSaid = true;
}

async function measureLoads(browser: Browser, url: string, cookie: string | null, size: Size): Promise<Run> {
  const paints: number[] = [];
  const readies: number[] = [];
  const failures: string[] = [];
  const weights: { initialBytes: number; allBytes: number }[] = [];
  for (let load = 0; load < loadsOf(size); load++) {
    await using visit = await openPage(browser, url, cookie);
    const weigh = await weighScripts(visit);
    await visit.page.goto(url, { waitUntil: "networkidle" });
    await visit.page.keyboard.press("a");
    if ((await visit.page.locator("textarea").inputValue()) !== "a") failures.push("a key was not taken");
    readies.push((await readProbe(visit)).interactiveAt);
    const paint = `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null`;
    paints.push((await visit.page.evaluate<number | null>(paint)) ?? Number.NaN);
    weights.push(await weigh());
  }
  const figures = {
    script: kilobytes(weights.map(({ initialBytes }) => initialBytes)),
    "all scripts": kilobytes(weights.map(({ allBytes }) => allBytes)),
    "first paint": median(paints),
    interactive: median(readies),
  };
  return createRun(figures, loadsOf(size), failures);
}

function kilobytes(bytes: readonly number[]): number | null {
  const middle = median(bytes);
  return middle === null ? null : middle / 1_000;
}

async function openConversation(browser: Browser, rig: Rig, { id, cookie }: HeldConversation): Promise<Visit> {
  const url = `${(await rig.site()).url}/c/${id}`;
  const visit = await openPage(browser, url, cookie);
  await visit.page.goto(url);
  await visit.page.locator("article.message-assistant .prose :is(p, table, pre)").last().waitFor();
  return visit;
}

/** Up to the first message, as fast as the page follows. */
async function readUp({ page }: Visit, messages: number): Promise<void> {
  await page.evaluate(`(async () => {
    const scroller = document.querySelector(".scroller");
    while (document.querySelector(".older") !== null) {
      scroller.scrollTop = 0;
      await new Promise(requestAnimationFrame);
    }
  })()`);
  const drawn = await page.locator("article").count();
  if (drawn < messages) throw new Error(`Only ${drawn} of ${messages} messages came onto the page.`);
}

async function measureKeys(visit: Visit, size: Size): Promise<Run> {
  await sleep(settledMsOf(size));
  await startProbe(visit);
  await type(visit, keysOf(size));
  const probe = await readProbe(visit);
  const failures =
    probe.keys.length === keysOf(size) ? [] : [`${probe.keys.length} of ${keysOf(size)} keys were shown`];
  return createRun(keyFigures(probe), 1, failures);
}

/** `begin` returns when the first words are there, and what it returns when it is all there: what is wrong with it. */
async function measureStream(
  visit: Visit,
  size: Size,
  begin: () => Promise<() => Promise<string | null>>,
): Promise<Run> {
  await sleep(settledMsOf(size));
  await startProbe(visit);
  const end = await begin();
  await visit.page.evaluate("probe.keys = [], probe.countFrames()");
  await type(visit, keysWithin(streamMsOf(size)));
  const probe = await readProbe(visit);
  const failure = await end();
  const figures = {
    ...keyFigures(probe),
    "long tasks": probe.longTasks.length,
    "frames dropped": (probe.dropped / probe.frames) * 100,
  };
  return createRun(figures, 1, failure === null ? [] : [failure]);
}

async function readInEmptyPage({ page }: Visit, size: Size): Promise<() => Promise<null>> {
  const body = { model: modelOf(size), messages: [{ role: "user", content: ESSAY }], stream: true };
  await page.evaluate(`void read(${JSON.stringify(JSON.stringify(body))})`);
  await page.waitForFunction("Number(shown.textContent) > 0");
  return async () => null;
}

async function askInBrink({ page }: Visit, held: HeldConversation, size: Size): Promise<() => Promise<string | null>> {
  await page.locator("textarea").fill(ESSAY);
  await page.keyboard.press("Enter");
  await page.locator("article[data-state=streaming] .prose p").first().waitFor();
  return async () => {
    await page.locator("article[data-state=complete]").last().waitFor();
    await page.locator("article[data-state=streaming]").waitFor({ state: "detached" });
    return (await held.readNewest()) === expectedText(modelOf(size), ESSAY) ? null : "wrong text";
  };
}

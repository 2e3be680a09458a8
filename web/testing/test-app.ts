// For tests: the whole app's models on a fake server, with a clock, storage and tabs that the test holds in its hands.

import { createApp } from "../state/app.ts";
import type { Ports, Storage, TabNews } from "../state/ports.ts";
import type { Address } from "../state/route.ts";
import { createTabStorage } from "../state/tab-storage.ts";
import { createClock } from "./clock.ts";
import { createFakeServer, type FakeServer } from "./fake-server.ts";

export const CONVERSATION = "0192f0c1-2345-7abc-8def-0123456789ab";

export type Browser = { server: FakeServer; stored: Map<string, string>; tabs: Set<(news: TabNews) => void> };

export function createBrowser(server = createFakeServer()): Browser {
  return { server, stored: new Map(), tabs: new Set() };
}

/**
 * A tab of this browser at this address; another call is another tab, or, with what the first one held for itself
 * (`own`), the same one reloaded.
 */
export function openTab({ server, stored, tabs }: Browser, path = "/", own = new Map<string, string>()) {
  const clock = createClock();
  const visited = [path];
  let hear = (_news: TabNews) => {};
  let count = 0;
  const tab = String(tabs.size).padStart(4, "0");
  const told = (news: TabNews) => hear(news);
  tabs.add(told);
  const address: Address = {
    read: () => visited.at(-1) ?? "/",
    push: (next) => void visited.push(next),
    replace: (next) => void visited.splice(-1, 1, next),
    listen: () => {},
  };
  const ports: Ports = {
    fetch: server.fetch,
    now: () => clock.now,
    createId: () => `0192f0c1-${tab}-7000-8000-${String((count += 1)).padStart(12, "0")}`,
    random: () => 0.5,
    schedule: clock.schedule,
    connect: server.connect,
    nextFrame: (run) => clock.schedule(run, 0),
    storage: createTabStorage(storageIn(own), storageIn(stored)),
    tabs: {
      tell: (news) => tabs.forEach((tell) => tell !== told && tell(news)),
      listen: (next) => void (hear = next),
    },
  };
  const app = createApp(ports, address);
  const started = app.start();

  return {
    app,
    clock,
    visited,
    own,
    started,
    /** Lets everything happen that is on its way, in less than a third of a second. */
    settle: (): Promise<void> => clock.advance(300),
    /** As when the tab is closed or the page is left: nothing of it goes on. */
    close(): void {
      tabs.delete(told);
      hear = () => {};
      app.open.value.hide();
      app.dispose();
      app.open.value.answering.release();
    },
    async say(text: string): Promise<void> {
      app.open.value.composer.write(text);
      app.send();
      await this.settle();
    },
    /** What stands on the page, message by message. */
    texts: () =>
      app.open.value.branching.branch.value.map(({ id, text }) => {
        const { answer, messageId } = app.open.value.answering;
        return id === messageId.value ? (answer.value?.view.value.text ?? "") : text;
      }),
  };
}

/** A tab in which a first question was sent and its answer has begun. */
export async function openAnswering() {
  const browser = createBrowser();
  const tab = openTab(browser);
  await tab.say("Why?");
  const { id } = tab.app.open.value;
  browser.server.say(id, "Because ");
  await tab.settle();
  return { browser, tab, id, server: browser.server };
}

/** A tab with a conversation that was held before, and what it has posted since. */
export async function openConversation(texts: readonly string[] = ["One?", "Yes.", "Two?", "No."]) {
  const browser = createBrowser();
  const { server } = browser;
  const stored = server.seed(CONVERSATION, texts);
  const tab = openTab(browser, `/c/${CONVERSATION}`);
  await tab.settle();
  const conversation = tab.app.open.value;
  const message = (text: string) =>
    conversation.branching.branch.value.find((held) => held.text === text) ?? fail(`no ${text}`);
  const posts = () =>
    server.requests
      .filter(({ method, path }) => method === "POST" && !path.includes("session"))
      .map(({ body }) => body);
  const version = (text: string) => conversation.branching.versions.value.get(message(text).id);
  return { browser, server, stored, tab, conversation, message, posts, version };
}

function storageIn(map: Map<string, string>): Storage {
  return {
    read: (key) => map.get(key) ?? null,
    write: (key, value) => void (value === null ? map.delete(key) : map.set(key, value)),
  };
}

function fail(words: string): never {
  throw new Error(words);
}

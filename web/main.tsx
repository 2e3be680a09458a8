// Boot: hands the browser to the models, starts the second chunk on its way, and draws.

// First, so that every component's own rules come after the ground's.
import "./styles.css";
import { render } from "preact";
import { AppView } from "./app.tsx";
import { createId } from "./id.ts";
import { loadFormatter } from "./markdown/markdown.tsx";
import { type App, createApp } from "./state/app.ts";
import type { Storage, Tabs } from "./state/ports.ts";
import type { Address } from "./state/route.ts";
import { createTheme } from "./state/theme.ts";

/** Until there is a bell, a page that is looked at looks again by itself this often. */
const LOOK_MS = 30_000;

const storage: Storage = {
  read(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  write(key, value) {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      // Not allowed, or full: then nothing is kept.
    }
  },
};

const address: Address = {
  read: () => location.pathname,
  push: (path) => history.pushState(null, "", path),
  replace: (path) => history.replaceState(null, "", path),
  listen: (hear) => addEventListener("popstate", hear),
};

function createTabs(): Tabs {
  const channel = new BroadcastChannel("brink");
  return {
    tell: (conversationId) => channel.postMessage(conversationId),
    listen: (hear) =>
      channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
        if (typeof data === "string") hear(data);
      }),
  };
}

function schedule(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

function nextFrame(run: () => void): () => void {
  const frame = requestAnimationFrame(run);
  return () => cancelAnimationFrame(frame);
}

function lookWhenLookedAt(app: App): void {
  const look = () => {
    if (document.visibilityState !== "visible") return;
    void loadFormatter();
    app.look();
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  addEventListener("online", look);
  setInterval(look, LOOK_MS);
}

void loadFormatter();

const app = createApp(
  {
    fetch: (path, init) => fetch(path, init),
    now: Date.now,
    createId,
    random: Math.random,
    schedule,
    nextFrame,
    storage,
    tabs: createTabs(),
  },
  address,
);
const theme = createTheme(storage, document.documentElement);
const root = document.querySelector("#app");
if (root === null) throw new Error("index.html has no #app");
render(<AppView app={app} theme={theme} />, root);
lookWhenLookedAt(app);
void app.start();

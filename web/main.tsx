// Boot: hands the browser to the models, starts the second chunk on its way, and draws.

// First, so that every component's own rules come after the ground's.
import "./styles.css";
import { render } from "preact";
import { AppView } from "./app.tsx";
import { createId } from "./id.ts";
import { loadFormatter } from "./markdown/markdown.tsx";
import { type App, createApp } from "./state/app.ts";
import type { Socket, SocketEvents, Storage, Tabs } from "./state/ports.ts";
import type { Address } from "./state/route.ts";
import { createTabStorage } from "./state/tab-storage.ts";
import { createTheme } from "./state/theme.ts";

/** A page that is looked at looks again by itself this often; where a bell is heard, at less, and more seldom. */
const LOOK_MS = 30_000;

/** Looked up at each call: where it is not allowed, to name it is to fail. */
function createStorage(name: "localStorage" | "sessionStorage"): Storage {
  return {
    read(key) {
      try {
        return window[name].getItem(key);
      } catch {
        return null;
      }
    },
    write(key, value) {
      try {
        if (value === null) window[name].removeItem(key);
        else window[name].setItem(key, value);
      } catch {
        // Not allowed, or full: then nothing is kept.
      }
    },
  };
}

const address: Address = {
  read: () => location.pathname,
  push: (path) => history.pushState(null, "", path),
  replace: (path) => history.replaceState(null, "", path),
  listen: (hear) => addEventListener("popstate", hear),
};

function createTabs(): Tabs {
  const channel = new BroadcastChannel("brink");
  return {
    tell: (news) => channel.postMessage(news),
    listen: (hear) =>
      channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
        if (typeof data !== "object" || data === null || !("conversationId" in data)) return;
        const { conversationId } = data;
        if (typeof conversationId === "string")
          hear({ conversationId, isGone: "isGone" in data && data.isGone === true });
      }),
  };
}

function connect(path: string, { onText, onClose }: SocketEvents): Socket {
  // Written out: a relative address is understood by newer browsers only.
  const socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
  socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (typeof data === "string") onText(data);
  });
  socket.addEventListener("close", ({ code }) => onClose(code));
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close() {
      // Closed before it is open, a browser complains: then it is closed as soon as it is.
      if (socket.readyState === WebSocket.CONNECTING) socket.addEventListener("open", () => socket.close());
      else socket.close();
    },
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
  const whileVisible = (run: () => void) => () => {
    if (document.visibilityState !== "visible") return;
    void loadFormatter();
    run();
  };
  const look = whileVisible(app.look);
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  addEventListener("online", look);
  setInterval(whileVisible(app.lookByItself), LOOK_MS);
}

void loadFormatter();

const storage = createStorage("localStorage");
const app = createApp(
  {
    fetch: (path, init) => fetch(path, init),
    now: Date.now,
    createId,
    random: Math.random,
    schedule,
    nextFrame,
    connect,
    storage: createTabStorage(createStorage("sessionStorage"), storage),
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

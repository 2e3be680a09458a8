// The page: a list of conversations at the side, one of them in the middle, and what every part of it may ask for.

import { useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Chat } from "./components/chat.tsx";
import { ErrorBoundary } from "./components/error-boundary.tsx";
import { beginNewChat, isNewChatKey } from "./components/new-chat.ts";
import { Sidebar } from "./components/sidebar.tsx";
import { Toasts } from "./components/toasts.tsx";
import { AppContext } from "./components/use-app.ts";
import { useDrawer } from "./components/use-drawer.ts";
import type { App } from "./state/app.ts";
import type { Theme } from "./state/theme.ts";
import "./app.css";
// Last: it overrules what every part says of the screen.
import "./print.css";

export function AppView({ app, theme }: { app: App; theme: Theme }) {
  const drawer = useDrawer();
  const conversation = app.open.value;
  const closeDrawer = () => (drawer.isOpen.value = false);

  useSignalEffect(() => {
    const title = app.open.value.title.value;
    document.title = title === "" ? "Brink" : `${title} · Brink`;
  });

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      // What a dialog asks comes first, and Escape is an answer to it.
      if (document.querySelector("dialog[open]") !== null) return;
      if (event.key === "Escape") closeDrawer();
      if (!isNewChatKey(event)) return;
      event.preventDefault();
      closeDrawer();
      beginNewChat(app);
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [app]);

  return (
    <AppContext.Provider value={app}>
      <div class="layout" data-drawer={drawer.isOpen.value ? "open" : "closed"}>
        {!app.isMissing.value && (
          <button type="button" class="button skip-button" inert={drawer.isOpen.value} onClick={skipToField}>
            Skip to the message field
          </button>
        )}
        <Sidebar theme={theme} closer={drawer.closer} onLeave={closeDrawer} />
        <div class="scrim" onClick={closeDrawer} />
        <ErrorBoundary key={conversation.id}>
          <Chat conversation={conversation} drawer={drawer} />
        </ErrorBoundary>
        <Toasts notices={app.notices} />
        <div class="visually-hidden" role="status" aria-live="polite">
          {app.announcement}
        </div>
      </div>
    </AppContext.Provider>
  );
}

/** Past a list that may be hundreds of stops long. */
function skipToField(): void {
  document.querySelector<HTMLElement>(".composer-field")?.focus();
}

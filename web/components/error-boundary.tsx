// A bug in one conversation leaves the rest of the page standing, and says so.

import { Component, type ComponentChildren } from "preact";

type BoundaryProps = { children: ComponentChildren };

export class ErrorBoundary extends Component<BoundaryProps, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static override getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override componentDidCatch(error: unknown): void {
    // Told to the browser as what it is: a bug, with its stack.
    reportError(error);
  }

  override render({ children }: BoundaryProps): ComponentChildren {
    if (!this.state.hasFailed) return children;
    return (
      <main class="chat">
        <div class="chat-notice" role="alert">
          <h2>This page has a fault.</h2>
          <p>What was said is safe on the server; loading the page again brings it back.</p>
          <button type="button" class="button" onClick={() => location.reload()}>
            Load again
          </button>
        </div>
      </main>
    );
  }
}

// Light or dark: the device's own choice until somebody makes another. public/theme.js reads the same key before the
// first paint, so that no page flashes.

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Storage } from "./ports.ts";

const KEY = "brink.theme";

export type ThemeChoice = "device" | "light" | "dark";

export type Theme = { readonly choice: ReadonlySignal<ThemeChoice>; choose(next: ThemeChoice): void };

export function createTheme(storage: Storage, root: HTMLElement): Theme {
  const choice = signal(parseChoice(storage.read(KEY)));
  apply(choice.value);

  function apply(next: ThemeChoice): void {
    if (next === "device") delete root.dataset["theme"];
    else root.dataset["theme"] = next;
    // The browser's own edge around the page, which knows of nothing but the device.
    for (const meta of root.querySelectorAll<HTMLMetaElement>("meta[data-scheme]")) {
      const scheme = meta.dataset["scheme"] ?? "";
      meta.media = next === "device" ? `(prefers-color-scheme: ${scheme})` : scheme === next ? "all" : "not all";
    }
  }

  return {
    choice,
    choose(next) {
      choice.value = next;
      storage.write(KEY, next === "device" ? null : next);
      apply(next);
    },
  };
}

function parseChoice(stored: string | null): ThemeChoice {
  return stored === "light" || stored === "dark" ? stored : "device";
}

// A button that copies a text and says for a moment that it did, or that the browser would not let it.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Icon } from "./icon.tsx";

const SAID_MS = 1_600;

export function CopyButton({ text, label }: { text: string; label: string }) {
  const outcome = useSignal<"copied" | "refused" | null>(null);
  const said = outcome.value;
  useEffect(() => {
    if (said === null) return undefined;
    const timer = setTimeout(() => (outcome.value = null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      outcome.value = "copied";
    } catch {
      // No permission, or no secure origin: the text can still be marked by hand.
      outcome.value = "refused";
    }
  };
  const words = said === "copied" ? "Copied" : said === "refused" ? "Not allowed" : label;
  return (
    <button type="button" class="quiet-button" aria-label={words} title={words} onClick={copy}>
      <Icon name={said === "copied" ? "check" : said === "refused" ? "warning" : "copy"} />
    </button>
  );
}

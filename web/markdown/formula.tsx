// One formula. Until what typesets it is there, and where it cannot be typeset, it stands as it was written.

import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type * as typesetModule from "./typeset.ts";
import "./formula.css";

const typesetter = signal<typeof typesetModule | null>(null);

/** Fetches what typesets formulas unless it is there. Where that fails, the next formula tries again. */
export async function loadTypesetter(): Promise<void> {
  if (typesetter.value !== null) return;
  try {
    typesetter.value = await import("./typeset.ts");
  } catch {
    typesetter.value = null;
  }
}

type FormulaProps = {
  tex: string;
  source: string;
  /** The comma or the like behind it, from which no line's end may part it. */
  tail: string;
  isDisplay: boolean;
};

export function Formula({ tex, source, tail, isDisplay }: FormulaProps) {
  useEffect(() => void loadTypesetter(), []);
  const loaded = typesetter.value;
  // The same nodes for the same formula: while the text around it grows they are not even compared.
  const typeset = useMemo(() => loaded?.typeset(tex, isDisplay), [loaded, tex, isDisplay]);
  if (typeset === undefined) return <FormulaSource text={source + tail} />;
  if ("problem" in typeset) {
    return (
      <>
        <code class="formula-source" title={typeset.problem}>
          {source}
        </code>
        {tail}
      </>
    );
  }
  return (
    <span class={isDisplay ? "formula-display" : "formula"}>
      {typeset.math}
      {tail}
    </span>
  );
}

export function FormulaSource({ text }: { text: string }) {
  return <span class="formula-source">{text}</span>;
}

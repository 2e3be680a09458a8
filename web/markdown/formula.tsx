// One formula. Until what typesets it is there, and where it cannot be typeset, it stands as it was written.

import { useEffect, useMemo } from "preact/hooks";
import { createChunk } from "./chunk.ts";
import type * as typesetModule from "./typeset.ts";
import "./formula.css";

const typesetter = createChunk<typeof typesetModule>(() => import("./typeset.ts"));
export const loadTypesetter = typesetter.load;

type FormulaProps = {
  tex: string;
  source: string;
  /** The comma or the like behind it, from which no line's end may part it. */
  tail: string;
  isDisplay: boolean;
};

export function Formula({ tex, source, tail, isDisplay }: FormulaProps) {
  useEffect(() => void loadTypesetter(), []);
  const loaded = typesetter.loaded.value;
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

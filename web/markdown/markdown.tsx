// A text as formatted prose. Until the parser's chunk is there, which boot fetches first of all, the text stands as it
// was written: nothing is ever waited for.

import { useRef } from "preact/hooks";
import { createChunk } from "./chunk.ts";
import type * as formatterModule from "./formatter.tsx";
import "./markdown.css";

type Formatter = typeof formatterModule;

const formatter = createChunk<Formatter>(() => import("./formatter.tsx"));
export const loadFormatter = formatter.load;

/** `isGrowing`: more of it is still to come. */
export function Markdown({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  const loaded = formatter.loaded.value;
  if (loaded === null) return <div class="prose prose-plain">{text}</div>;
  return <Formatted formatter={loaded} text={text} isGrowing={isGrowing} />;
}

type FormattedProps = { formatter: Formatter; text: string; isGrowing: boolean };

function Formatted({ formatter: { BlockView, createBlocks, withoutHalfLine }, text, isGrowing }: FormattedProps) {
  const blocks = useRef<ReturnType<typeof createBlocks>>(null);
  blocks.current ??= createBlocks();
  const shown = blocks.current.update(isGrowing ? withoutHalfLine(text) : text);
  return (
    <div class="prose">
      {shown.map((block) => (
        <BlockView key={block.key} block={block} />
      ))}
    </div>
  );
}

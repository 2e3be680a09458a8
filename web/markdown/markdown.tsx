// A text as formatted prose. Until the parser's chunk is there, which boot fetches first of all, the text stands as it
// was written: nothing is ever waited for.

import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type * as formatterModule from "./formatter.tsx";
import "./markdown.css";

type Formatter = typeof formatterModule;

const formatter = signal<Formatter | null>(null);

/** Fetches the parser unless it is there. Where that fails, plain text stands, and reads well enough, until next time. */
export async function loadFormatter(): Promise<void> {
  if (formatter.value !== null) return;
  try {
    formatter.value = await import("./formatter.tsx");
  } catch {
    formatter.value = null;
  }
}

/** `isGrowing`: more of it is still to come. */
export function Markdown({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  const loaded = formatter.value;
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

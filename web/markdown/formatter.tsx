// The second chunk: the parser and what draws its blocks. Loaded by markdown.tsx, never imported by anything else.

export { createBlocks, withoutHalfLine } from "./blocks.ts";
export { BlockView } from "./render.tsx";

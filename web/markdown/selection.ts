// A selection within text that grows. Writing to a text node moves every selection that begins or ends in it to its
// front: words could not be copied from a paragraph that is being written.

export type Held = { anchor: Node; anchorOffset: number; focus: Node; focusOffset: number };

/** Null where nothing is selected. */
export function holdSelection(): Held | null {
  const {
    isCollapsed = true,
    anchorNode = null,
    anchorOffset = 0,
    focusNode = null,
    focusOffset = 0,
  } = getSelection() ?? {};
  if (isCollapsed || anchorNode === null || focusNode === null) return null;
  return { anchor: anchorNode, anchorOffset, focus: focusNode, focusOffset };
}

/** Selects once more what was, as far as it still stands. */
export function giveBackSelection(held: Held | null): void {
  if (held === null) return;
  const { anchor, anchorOffset, focus, focusOffset } = held;
  const selection = getSelection();
  if (selection === null) return;
  const isWhole = selection.anchorNode === anchor && selection.anchorOffset === anchorOffset;
  if (isWhole && selection.focusNode === focus && selection.focusOffset === focusOffset) return;
  if (!hasPlace(anchor, anchorOffset) || !hasPlace(focus, focusOffset)) return;
  selection.setBaseAndExtent(anchor, anchorOffset, focus, focusOffset);
}

function hasPlace(node: Node, offset: number): boolean {
  const length = node instanceof CharacterData ? node.length : node.childNodes.length;
  return node.isConnected && offset <= length;
}

// Tokens to Preact nodes, never to HTML: what is not named here is not drawn, and an address is looked at before it
// becomes a link. Depth is bounded, because the text is a stranger's.

import { Component, type ComponentChild, type ComponentChildren, h } from "preact";
import type { Block } from "./blocks.ts";
import { CodeBlock } from "./code-block.tsx";
import { type Direction, directionOf } from "./direction.ts";
import { Formula, FormulaSource } from "./formula.tsx";
import { DEEPEST_PARSED, readSafeUrl, type Token } from "./parse.ts";
import { giveBackSelection, type Held, holdSelection } from "./selection.ts";

/** Deeper than anybody reads; past it content stays and wrapping stops, so that no text overflows the stack. */
const DEEPEST = 48;

type Frame = {
  token: Token | null;
  children: ComponentChild[];
  /** That of its first letter; null before there is one. */
  direction: Direction | null;
};

/** The element that is open now is the last of the stack; the first is the block's own list of children. */
function renderTokens(tokens: readonly Token[]): ComponentChild[] {
  const root: Frame = { token: null, children: [], direction: "ltr" };
  const stack = [root];
  /** Elements open beyond the deepest, which are not drawn. */
  let beyond = 0;

  function walk(list: readonly Token[]): void {
    for (const token of list) {
      if (token.hidden) continue;
      const top = stack.at(-1) ?? root;
      if (token.type === "inline") walkInline(token.children ?? [], top);
      else if (token.nesting === 0) {
        if (token.type === "text") lead(token.content);
        top.children.push(renderLeaf(token));
      } else if (token.nesting === 1 && stack.length > DEEPEST) beyond += 1;
      else if (token.nesting === 1) stack.push({ token, children: [], direction: null });
      else if (beyond > 0) beyond -= 1;
      else close();
    }
  }

  function walkInline(list: readonly Token[], top: Frame): void {
    const [first, ...rest] = list;
    const mark = lengthOfTaskMark(first, stack);
    if (first === undefined || mark === 0) return walk(list);
    const isDone = first.content[1] !== " ";
    top.children.push(<input type="checkbox" class="task-box" checked={isDone} disabled aria-label="Task" />);
    top.children.push(first.content.slice(mark));
    walk(rest);
  }

  function close(): void {
    const frame = stack.length > 1 ? stack.pop() : undefined;
    const parent = stack.at(-1);
    if (!frame?.token || !parent) return;
    const { token, children, direction } = frame;
    // Said only where it differs, and of blocks: what stands in a line runs as its letters do, and rows as their table.
    const isBlock = token.block && !ROW_TAGS.has(token.tag);
    const around = stack.findLast((frame) => frame.token === null || !ROW_TAGS.has(frame.token.tag));
    const dir = isBlock && direction !== around?.direction ? (direction ?? undefined) : undefined;
    parent.children.push(renderElement(token, children, dir));
  }

  /** Whatever is open and has had no letter yet begins with this text. */
  function lead(text: string): void {
    if (stack.every(({ direction }) => direction !== null)) return;
    const direction = directionOf(text);
    for (const frame of stack) frame.direction ??= direction;
  }

  walk(tokens);
  return root.children;
}

function renderElement(token: Token, children: ComponentChildren, dir: Direction | undefined): ComponentChild {
  switch (token.type) {
    case "heading_open":
      // The page's own headings come first: an answer's begin two steps below them.
      return h(HEADINGS[token.tag] ?? "h6", { dir }, children);
    case "link_open":
      return renderLink(token.attrGet("href"), children);
    case "ordered_list_open": {
      const start = Number(token.attrGet("start") ?? 1);
      return (
        <ol start={Number.isSafeInteger(start) ? start : 1} dir={dir}>
          {children}
        </ol>
      );
    }
    case "table_open":
      return (
        <div class="table-scroll" dir={dir} tabIndex={0} role="region" aria-label="Table">
          <table>{children}</table>
        </div>
      );
    case "th_open":
    case "td_open":
      return h(token.tag, { class: ALIGNMENTS[String(token.attrGet("style"))], dir }, children);
    default:
      return PLAIN_TAGS.has(token.tag) ? h(token.tag, { dir }, children) : <span>{children}</span>;
  }
}

function renderLeaf(token: Token): ComponentChild {
  switch (token.type) {
    case "softbreak":
    case "hardbreak":
      return <br />;
    case "hr":
      return <hr />;
    case "formula":
      return <Formula tex={token.content} source={token.markup} tail={token.info} isDisplay={token.block} />;
    case "formula_source":
      return <FormulaSource text={token.content} />;
    case "code_inline":
      return <code>{token.content}</code>;
    case "fence":
    case "code_block":
      return <CodeBlock language={token.info.trim().split(/\s+/)[0] ?? ""} text={token.content} />;
    case "image":
      return renderLink(token.attrGet("src"), token.content || "picture");
    default:
      return token.content;
  }
}

function renderLink(address: string | number | null, children: ComponentChildren): ComponentChild {
  const href = readSafeUrl(String(address ?? ""));
  if (href === null) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

/** How many characters of an inline text are the `[ ] ` or `[x] ` with which a list's item begins; else 0. */
function lengthOfTaskMark(first: Token | undefined, stack: readonly Frame[]): number {
  const top = stack.at(-1);
  const item = top?.token?.type === "paragraph_open" ? stack.at(-2) : top;
  if (item?.token?.type !== "list_item_open" || item.children.length > 0 || first?.type !== "text") return 0;
  return /^\[[ xX]\](?:\s+|$)/.exec(first.content)?.[0].length ?? 0;
}

const HEADINGS: Record<string, string> = { h1: "h3", h2: "h4", h3: "h5", h4: "h6", h5: "h6", h6: "h6" };
const ALIGNMENTS: Record<string, string> = {
  "text-align:left": "align-left",
  "text-align:center": "align-center",
  "text-align:right": "align-right",
};
const ROW_TAGS: ReadonlySet<string> = new Set(["thead", "tbody", "tr"]);

const PLAIN_TAGS: ReadonlySet<string> = new Set([
  "p",
  "ul",
  "li",
  "blockquote",
  "strong",
  "em",
  "s",
  "thead",
  "tbody",
  "tr",
]);

/** One block; drawn again only when it is another block. */
export class BlockView extends Component<{ block: Block }> {
  override shouldComponentUpdate(next: { block: Block }): boolean {
    return next.block !== this.props.block;
  }

  override getSnapshotBeforeUpdate(): Held | null {
    return holdSelection();
  }

  override componentDidUpdate(_before: unknown, _state: unknown, held: Held | null): void {
    giveBackSelection(held);
  }

  override render({ block }: { block: Block }): ComponentChildren {
    // The parser drops what is nested deeper than it follows; then the text as it was written says more.
    if (block.tokens.some((token) => token.level >= DEEPEST_PARSED)) return <p class="prose-plain">{block.source}</p>;
    return renderTokens(block.tokens);
  }
}

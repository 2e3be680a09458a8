// The third chunk: TeX to MathML, as Preact nodes. Loaded by formula.tsx when there is a first formula. The TeX is a
// stranger's: its length, its depth and what it expands to are bounded, and nothing in it becomes an address.

import { type ComponentChild, h } from "preact";
import temml, { type Tree } from "temml";

export type Typeset = { math: ComponentChild } | { problem: string };

const LONGEST = 8_000; // Of characters: some pages of a formula.
const DEEPEST = 60; // Of elements: a continued fraction of twenty steps.
const MOST_ELEMENTS = 5_000; // A matrix of fifty by fifty.

const BOUNDS = {
  throwOnError: true,
  trust: false,
  maxExpand: 500,
  wrap: "tex" as const,
  maxSize: [30, 300] satisfies [number, number],
};

/** Each of these would be built twice at every level, so that thirty nested would take for ever. */
const macros = () => ({ "\\llap": "{#1}", "\\mathllap": "{#1}", "\\cancelto": "\\cancel{#2}^{#1}" });

export function typeset(tex: string, isDisplay: boolean): Typeset {
  if (tex.length > LONGEST) return { problem: "This formula is too long to be drawn." };
  try {
    const tree = temml.__renderToMathMLTree(tex, { ...BOUNDS, displayMode: isDisplay, macros: macros() });
    return { math: draw(tree) };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    // Behind that it quotes the source, with every letter underlined.
    return { problem: words.replace(/ at (?:position|end)\b[^]*/, "").trim() };
  }
}

function draw(tree: Tree): ComponentChild {
  let elements = 0;
  function drawNode({ text, type, attributes, classes, style, children = [] }: Tree, depth: number): ComponentChild {
    if (text !== undefined) return text;
    elements += 1;
    if (depth > DEEPEST || elements > MOST_ELEMENTS) throw new Error("This formula is too large to be drawn.");
    const drawn = children.map((child) => drawNode(child, depth + 1));
    if (type === undefined) return drawn;
    const { style: styleText, ...rest } = attributes ?? {};
    return h(
      type,
      {
        ...Object.fromEntries(Object.entries(rest).filter(([name]) => !UNSAFE.test(name))),
        class: classes?.join(" ") || undefined,
        ref: styled({ ...parseStyle(styleText), ...style }),
      },
      drawn,
    );
  }
  return drawNode(tree, 0);
}

/** Nothing writes these as long as TeX is not trusted; it would take one slip. */
const UNSAFE = /^(?:id|href|src|on.*|.*:.*)$/i;

/** Property by property, as the policy allows: it forbids the attribute. Where a DOM knows no MathML there are none. */
function styled(style: Record<string, string>) {
  return (element: MathMLElement | null) => void (element?.style && Object.assign(element.style, style));
}

function parseStyle(text: unknown): Record<string, string> {
  const pairs = typeof text === "string" ? text.split(";").map((pair) => pair.split(":")) : [];
  return Object.fromEntries(pairs.flatMap(([name = "", value]) => (value ? [[name.trim(), value.trim()]] : [])));
}

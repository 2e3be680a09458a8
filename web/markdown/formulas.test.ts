import { expect, test } from "vitest";
import { parse, type Token } from "./parse.ts";

/** What the parser finds, in order: `$tex$` in a line, `$$tex$$` on its own, `?source` unclosed, other text as it is. */
function read(text: string): string[] {
  const flat = (tokens: readonly Token[]): Token[] =>
    tokens.flatMap((token) => (token.type === "inline" ? flat(token.children ?? []) : [token]));
  return flat(parse(text).tokens).flatMap((token) => {
    if (token.type === "formula") return [token.block ? `$$${token.content}$$` : `$${token.content}$`, token.info];
    if (token.type === "formula_source") return [`?${token.content}`];
    return token.content === "" ? [] : [token.content];
  });
}

const found = (text: string) => read(text).filter((piece) => piece !== "");

test.for<[string, string[]]>([
  [String.raw`\( x^2\,dx \)`, [String.raw`$x^2\,dx$`]],
  [String.raw`so \(x\), and`, ["so ", "$x$", ",", " and"]],
  ["$x_1 * y_1$ and $x_2 * y_2$", ["$x_1 * y_1$", " and ", "$x_2 * y_2$"]],
  ["**$x$**", ["$x$"]],
  ["$x$-axis, 当$y$时", ["$x$", "-axis, 当", "$y$", "时"]],
  ["$a\nb$", ["$a\nb$"]],
  [String.raw`$5\$ + x$`, [String.raw`$5\$ + x$`]],
  ["[see $x]$ y](https://a.example)", ["see ", "$x]$", " y"]],
  ["# On $x$", ["On ", "$x$"]],
  ["|a|\n|-|\n|$x$|", ["a", "$x$"]],
  [String.raw`$$x$$`, ["$$x$$"]],
  [String.raw`so \[ x \] holds`, ["so ", "$$x$$", " holds"]],
  ["\\[\nx\n= 5\n\\]", ["$$x\n= 5$$"]],
  ["We get\n$$\n# 1\n- 2\n> 3\n===\n$$\nso", ["We get", "$$# 1\n- 2\n> 3\n===$$", "so"]],
  [
    "$$\\begin{pmatrix}\n1 & 2 \\\\\n3 & 4\n\\end{pmatrix}$$",
    ["$$\\begin{pmatrix}\n1 & 2 \\\\\n3 & 4\n\\end{pmatrix}$$"],
  ],
  ["1. a\n   \\[\n   x\n   - y\n   \\]\n2. b", ["a", "$$x\n- y$$", "b"]],
  ["> $$\n> x\n> $$", ["$$x$$"]],
  [String.raw`\[ a \\[2pt] b \]`, [String.raw`$$a \\[2pt] b$$`]],
])("%j holds formulas", ([text, pieces]) => {
  expect(found(text)).toEqual(pieces);
});

test.for<[string, string[]]>([
  ["$5 and $10", ["$5 and $10"]],
  ["$5, or US$5 and US$6", ["$5, or US$5 and US$6"]],
  ["$ x$ and $x $", ["$ x$ and $x $"]],
  ["$5–$10", ["$5–$10"]],
  ["$$–$$$ places, $$$", ["$$–$$$ places, $$$"]],
  ["`$x$ \\(y\\)`", ["$x$ \\(y\\)"]],
  ["```\n$$\nx\n$$\n```", ["$$\nx\n$$\n"]],
  ["    \\[\n    x", ["\\[\nx\n"]],
  [String.raw`\\(x\\)`, [String.raw`\(x\)`]],
  [String.raw`\$x\$`, ["$x$"]],
  [String.raw`\[1\] and file\(s\)`, ["[1] and file(s)"]],
  [String.raw`\[a link\](address)`, ["[a link](address)"]],
  ["$$ is a lot\n- item", ["$$ is a lot", "item"]],
])("%j holds none", ([text, pieces]) => {
  expect(found(text)).toEqual(pieces);
});

test.for<[string, string[]]>([
  [String.raw`so \(x^2\,d *a*`, ["so ", String.raw`?\(x^2\,d *a*`]],
  ["\\[\n# x\n- \\,y", ["?\\[\n# x\n- \\,y"]],
  [String.raw`$\frac{1}{\,2`, [String.raw`?$\frac{1}{\,2`]],
  ["$$\nx *a*", ["?$$\nx *a*"]],
  ["\\[\nx\n\nNext", ["?\\[\nx", "Next"]],
])("%j is under way, and stays as it was written", ([text, pieces]) => {
  expect(found(text)).toEqual(pieces);
});

import { render } from "preact";
import { expect, test } from "vitest";
import { loadTypesetter } from "./formula.tsx";
import { loadFormatter, Markdown } from "./markdown.tsx";
import { typeset } from "./typeset.ts";

async function draw(text: string): Promise<HTMLElement> {
  await loadFormatter();
  const root = document.createElement("div");
  render(<Markdown text={text} isGrowing={false} />, root);
  return root;
}

const names = (root: Element) => [...root.querySelectorAll("*")].map(({ localName }) => localName);

test("a formula stands as it was written until what typesets it is there, and then it is MathML", async () => {
  const root = await draw("so \\(x\\,y\\).\n\n$$\n\\frac12\n$$");
  expect(root.querySelector("p")?.textContent).toBe("so \\(x\\,y\\).");
  expect(root.querySelector("math")).toBe(null);
  await loadTypesetter();
  await expect.poll(() => root.querySelectorAll("math").length).toBe(2);
  expect(root.querySelector("math")?.namespaceURI).toBe("http://www.w3.org/1998/Math/MathML");
  expect(root.querySelector(".formula-display mfrac")?.textContent).toBe("12");
  expect(root.querySelector(".formula")?.textContent).toMatch(/^x.*y\.$/);
});

test("TeX that is wrong stands as it was written, and says what is wrong with it", async () => {
  await loadTypesetter();
  const root = await draw("a \\(\\frac{1}{\\), $\\nonsense$.");
  const sources = [...root.querySelectorAll("code.formula-source")];
  expect(sources.map((source) => source.textContent)).toEqual(["\\(\\frac{1}{\\)", "$\\nonsense$"]);
  expect(sources[1]?.getAttribute("title")).toBe("Unsupported function name: \\nonsense");
  expect(root.textContent).toBe("a \\(\\frac{1}{\\), $\\nonsense$.");
});

test("a formula that has not changed keeps its very elements while the text around it grows", async () => {
  await loadTypesetter();
  const root = await draw("a $x$");
  const letter = root.querySelector("math mi");
  render(<Markdown text={"a $x$, and *more*"} isGrowing />, root);
  expect(root.querySelector("em")).not.toBe(null);
  expect(letter).not.toBe(null);
  expect(root.querySelector("math mi")).toBe(letter);
});

test.for([
  String.raw`\href{javascript:alert(1)}{x}`,
  String.raw`\url{javascript:alert(1)}`,
  String.raw`\includegraphics{https://a.example/x.png}`,
  String.raw`\class{a}{x}\id{app}{y}`,
  String.raw`\style{position:fixed}{x}`,
  String.raw`\data{onclick=alert(1)}{x}`,
  String.raw`\text{<img src=x onerror=alert(1)>}`,
  String.raw`\color{red;background:url(https://a.example)}x`,
  String.raw`\label{app}\ref{app}x`,
])("%s draws no address, element or attribute that could run, fetch or be taken for another", async (tex) => {
  await loadTypesetter();
  const root = await draw(`a $$${tex}$$`);
  expect(names(root).filter((name) => !/^(div|p|span|code|m[a-z]+)$/.test(name))).toEqual([]);
  const attributes = [...root.querySelectorAll("*")].flatMap((element) => [...element.attributes]);
  expect(attributes.filter(({ name }) => /^on|^(id|href|src)$/.test(name))).toEqual([]);
  expect(attributes.filter(({ name, value }) => name === "style" && /url|fixed/.test(value))).toEqual([]);
});

const nested = (before: string, after: string, times: number) => `${before.repeat(times)}x${after.repeat(times)}`;

test.for([
  ["a macro that calls itself", String.raw`\def\x{\x}\x`],
  ["a macro that doubles", String.raw`\def\x#1{\x{#1#1}}\x{y}`],
  ["definitions that double", `\\def\\a{xx}${"\\edef\\a{\\a\\a}".repeat(60)}\\a`],
  ["braces 2,000 deep", nested("{", "}", 2_000)],
  ["fractions 1,000 deep", nested("\\frac{", "}{y}", 1_000)],
  ["powers 1,000 deep", nested("x^{", "}", 1_000)],
  ["a matrix of 9,000 cells", `\\begin{matrix}${"&".repeat(7_900)}\\end{matrix}`],
  ["a text of 100,000 characters", "x".repeat(100_000)],
] as const)("%s is refused, and soon", { timeout: 5_000 }, ([, tex]) => {
  expect(typeset(tex, true)).toHaveProperty("problem");
});

test.for([
  ["overlaps 100 deep", nested("\\mathllap{", "}", 100)],
  ["cancelled to 100 deep", nested("\\cancelto{0}{", "}", 50)],
] as const)("%s do not double at every level", { timeout: 5_000 }, ([, tex]) => {
  typeset(tex, true);
});

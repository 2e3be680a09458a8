import { render } from "preact";
import { expect, test } from "vitest";
import { createBlocks } from "./blocks.ts";
import { readSafeUrl } from "./parse.ts";
import { BlockView } from "./render.tsx";

function draw(text: string): HTMLElement {
  const root = document.createElement("div");
  const blocks = createBlocks().update(text);
  render(
    blocks.map((block) => <BlockView key={block.key} block={block} />),
    root,
  );
  return root;
}

const html = (text: string) => draw(text).innerHTML;

function depthOf(element: Element): number {
  let deepest = 0;
  const stack: [Element, number][] = [[element, 0]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [node, depth] = next;
    deepest = Math.max(deepest, depth);
    for (const child of node.children) stack.push([child, depth + 1]);
  }
  return deepest;
}

test("headings begin two steps below the page's own", () => {
  expect(html("# a\n\n## b\n\n##### c")).toBe("<h3>a</h3><h4>b</h4><h6>c</h6>");
});

test("emphasis, code, breaks and strikethrough are drawn", () => {
  expect(html("*a* **b** `c<d` ~~e~~\nf")).toBe(
    "<p><em>a</em> <strong>b</strong> <code>c&lt;d</code> <s>e</s><br>f</p>",
  );
});

test("lists are tight or loose as they were written, and keep their first number", () => {
  expect(html("3. a\n4. b")).toBe('<ol start="3"><li>a</li><li>b</li></ol>');
  expect(html("- a\n\n- b")).toBe("<ul><li><p>a</p></li><li><p>b</p></li></ul>");
});

test("tasks are boxes that cannot be ticked", () => {
  const boxes = draw("- [ ] open\n- [x] *done*\n- [y] neither\n- a [x] b").querySelectorAll("input");
  expect([...boxes].map((box) => [box.type, box.checked, box.disabled])).toEqual([
    ["checkbox", false, true],
    ["checkbox", true, true],
  ]);
  expect(draw("- [x] *done*").textContent).toBe("done");
});

test("a table scrolls by itself, is reached by keyboard, and is aligned without a style attribute", () => {
  const root = draw("|a|b|\n|:-:|--:|\n|1|2|");
  expect(root.querySelector(".table-scroll")?.getAttribute("tabindex")).toBe("0");
  expect([...root.querySelectorAll("td")].map((cell) => cell.className)).toEqual(["align-center", "align-right"]);
  expect(root.querySelector("[style]")).toBeNull();
});

test("a line is broken by <br>, in a cell too, and no other tag is more than its letters", () => {
  const cell = draw("|a|\n|-|\n|one<br>two<BR />three|").querySelector("td");
  expect(cell?.innerHTML).toBe("one<br>two<br>three");
  expect(html("a<br/>\n  b **c<br>d**")).toBe("<p>a<br>b <strong>c<br>d</strong></p>");
  expect(html("`<br>` \\<br> <brx> <br class='x'> </br> <b>x</b>")).toBe(
    "<p><code>&lt;br&gt;</code> &lt;br&gt; &lt;brx&gt; &lt;br class='x'&gt; &lt;/br&gt; &lt;b&gt;x&lt;/b&gt;</p>",
  );
});

test("what runs from right to left says so, by its own first letter, and nothing else says anything", () => {
  for (const [text, drawn] of [
    ["# שלום\n\nabc שלום", '<h3 dir="rtl">שלום</h3><p>abc שלום</p>'],
    ["`code` שלום *abc*", '<p dir="rtl"><code>code</code> שלום <em>abc</em></p>'],
    ["1. שלום\n2. abc", '<ol start="1" dir="rtl"><li>שלום</li><li dir="ltr">abc</li></ol>'],
    ["- abc\n\n- שלום", '<ul><li><p>abc</p></li><li dir="rtl"><p>שלום</p></li></ul>'],
    ["> - שלום\n>\n> abc", '<blockquote dir="rtl"><ul><li>שלום</li></ul><p dir="ltr">abc</p></blockquote>'],
    ["**12** (שלום)", '<p dir="rtl"><strong>12</strong> (שלום)</p>'],
  ] as const) {
    expect(html(text)).toBe(drawn);
  }
  const table = draw("|שם|a|\n|-|-|\n|abc|1|");
  expect(table.querySelector(".table-scroll")?.getAttribute("dir")).toBe("rtl");
  expect([...table.querySelectorAll("th, td")].map((cell) => cell.getAttribute("dir"))).toEqual([
    null,
    "ltr",
    "ltr",
    null,
  ]);
});

test("a block of code says its language, is copied as it was written, and an unclosed one is code to the end", () => {
  const root = draw("```ts title=x\nconst a = 1 < 2;\n\n# no heading\n*not em*");
  expect(root.querySelector(".code-language")?.textContent).toBe("ts");
  expect(root.querySelector("pre")?.textContent).toBe("const a = 1 < 2;\n\n# no heading\n*not em*");
  expect(root.querySelector("button")?.getAttribute("aria-label")).toBe("Copy code");
  expect(root.querySelector("h3, em")).toBeNull();
});

test("links open elsewhere and tell nothing about where they were followed from", () => {
  const link = draw("[a](https://example.org/?q=1&r=2)").querySelector("a");
  expect(link?.getAttribute("href")).toBe("https://example.org/?q=1&r=2");
  expect(link?.getAttribute("target")).toBe("_blank");
  expect(link?.getAttribute("rel")).toBe("noopener noreferrer nofollow");
});

test("an address is a link only with its scheme written out", () => {
  expect(draw("https://example.org and <mailto:a@b.example>").querySelectorAll("a")).toHaveLength(2);
  expect(draw("readme.md, e.g.so, a@b.example, //x.example, 10.0.0.1").querySelector("a")).toBeNull();
});

test("a picture is a link to it: nothing is fetched", () => {
  const root = draw("![a cat](https://cats.example/1.png)");
  expect(root.querySelector("img")).toBeNull();
  expect(root.querySelector("a")?.textContent).toBe("a cat");
});

const HOSTILE = [
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](java\tscript:alert(1))",
  "[x](&#106;avascript:alert(1))",
  "[x](&#x6A&#x61vascript:alert(1))",
  "[x](\u0001javascript:alert(1))",
  "[x](javascript&colon;alert(1))",
  "[x](vbscript:msgbox(1))",
  "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
  "[x](data:image/svg+xml,<svg onload=alert(1)>)",
  "[x](file:///etc/passwd)",
  "[x](blob:https://example.org/1)",
  "[x](intent://example#Intent;end)",
  "[x](//evil.example)",
  "[x](/api/conversations)",
  "[x][y]\n\n[y]: javascript:alert(1)",
  "<javascript:alert(1)>",
  "![x](javascript:alert(1))",
  '![x](x"onerror="alert(1))',
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  "<svg><script>alert(1)</script></svg>",
  "<iframe srcdoc='<script>alert(1)</script>'>",
  "<a href='javascript:alert(1)'>x</a>",
  "<style>*{display:none}</style>",
  "`<img src=x onerror=alert(1)>`",
  "```html\n<script>alert(1)</script>\n```",
  '``` "><script>alert(1)</script>\nx\n```',
  "|<img src=x onerror=alert(1)>|\n|-|\n|<script>|",
  "# <script>alert(1)</script>",
  '[x](https://a.example "\\" onmouseover=\\"alert(1)")',
  "[<img src=x onerror=alert(1)>](https://a.example)",
  "- [x] <script>alert(1)</script>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
];

const DRAWN: ReadonlySet<string> = new Set(
  "P H3 H4 H5 H6 A SPAN CODE PRE FIGURE FIGCAPTION BUTTON svg path DIV TABLE THEAD TBODY TR TH TD UL LI INPUT BR".split(
    " ",
  ),
);

test.for(HOSTILE)("%s draws no address, element or attribute that could run or fetch", (text) => {
  const root = draw(text);
  const elements = [...root.querySelectorAll("*")];
  const attributes = elements.flatMap((element) => [...element.attributes]);
  expect(elements.map(({ tagName }) => tagName).filter((name) => !DRAWN.has(name))).toEqual([]);
  expect(attributes.filter(({ name }) => /^on|^style$|^src/.test(name))).toEqual([]);
  expect(attributes.filter(({ name, value }) => name === "href" && !/^(https?|mailto):/.test(value))).toEqual([]);
});

test("only whole addresses of the web and of mail are safe", () => {
  expect(readSafeUrl("https://example.org")).toBe("https://example.org/");
  expect(readSafeUrl("MAILTO:a@b.example")).toBe("mailto:a@b.example");
  for (const address of [
    "",
    "x",
    "/x",
    "#x",
    "?x",
    "//x",
    "javascript:0",
    " javascript:0",
    "data:,",
    "blob:x",
    "ftp://x",
  ]) {
    expect(readSafeUrl(address)).toBeNull();
  }
});

test.for([
  ["20,000 quotes", "> ".repeat(20_000) + "deep"],
  ["20,000 lists", "- ".repeat(20_000) + "deep"],
  ["emphasis 10,000 deep", "*a ".repeat(10_000) + "b*".repeat(10_000)],
  ["10,000 open brackets", "[".repeat(10_000) + "deep"],
  ["10,000 links that never close", "[a](".repeat(10_000) + "deep"],
  ["10,000 backticks of all lengths", Array.from({ length: 400 }, (_, n) => "`".repeat(n)).join(" ") + "deep"],
  ["a table of 3,000 columns", `${"|a".repeat(3_000)}|\n${"|-".repeat(3_000)}|\ndeep`],
])("%s neither hang nor overflow, and the words stay", { timeout: 60_000 }, ([, text = ""]) => {
  const root = draw(text);
  expect(depthOf(root)).toBeLessThan(120);
  expect(root.textContent).toMatch(/deep|b/);
});

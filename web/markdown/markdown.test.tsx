import { render } from "preact";
import { expect, test } from "vitest";
import { loadFormatter, Markdown } from "./markdown.tsx";

test("text stands as it was written until the parser is there, then the same text is formatted", async () => {
  const root = document.createElement("div");
  render(<Markdown text={"# One\n\n*two*"} isGrowing={false} />, root);
  expect(root.querySelector(".prose-plain")?.textContent).toBe("# One\n\n*two*");
  await loadFormatter();
  render(<Markdown text={"# One\n\n*two*"} isGrowing={false} />, root);
  expect(root.innerHTML).toBe('<div class="prose"><h3>One</h3><p><em>two</em></p></div>');
});

test("settled blocks keep their very elements while the text grows", async () => {
  await loadFormatter();
  const root = document.createElement("div");
  const grow = (text: string) => render(<Markdown text={text} isGrowing />, root);
  grow("First.\n\nSecond");
  const [first, second] = root.querySelectorAll("p");
  grow("First.\n\nSecond and more\n\nThird");
  expect(root.querySelectorAll("p")[0]).toBe(first);
  expect(root.querySelectorAll("p")[1]).toBe(second);
  expect(second?.textContent).toBe("Second and more");
});

test("a text that is cut by a reset is drawn as what is left", async () => {
  await loadFormatter();
  const root = document.createElement("div");
  render(<Markdown text={"# One\n\nTwo\n\n- three"} isGrowing />, root);
  render(<Markdown text={"# On"} isGrowing />, root);
  expect(root.innerHTML).toBe('<div class="prose"><h3>On</h3></div>');
});

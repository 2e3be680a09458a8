import { render } from "preact";
import { afterEach, expect, test } from "vitest";
import { createBrowser, openTab } from "../testing/test-app.ts";
import { EmptyState } from "./empty-state.tsx";

const root = document.createElement("div");
document.body.append(root);
afterEach(() => render(null, root));

const suggestions = () => [...root.querySelectorAll<HTMLButtonElement>("button.suggestion")];

test("a suggestion becomes the draft, and none is offered that would take the place of one", async () => {
  const tab = openTab(createBrowser());
  const { composer } = tab.app.open.value;
  render(<EmptyState composer={composer} />, root);
  expect(suggestions()).toHaveLength(4);
  composer.write("  \n");
  await tab.settle();
  expect(suggestions()).toHaveLength(4);
  suggestions()[0]?.click();
  await tab.settle();
  expect(composer.text.value).toContain("tides");
  expect(suggestions()).toEqual([]);
  composer.write("");
  await tab.settle();
  expect(suggestions()).toHaveLength(4);
});

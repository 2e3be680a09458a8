import { render } from "preact";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createBrowser, openTab } from "../testing/test-app.ts";
import { ConversationList } from "./conversation-list.tsx";
import { AppContext } from "./use-app.ts";

const root = document.createElement("div");
document.body.append(root);
afterEach(() => render(null, root));

const ids = [1, 2].map((number) => `0192f0c1-0000-7000-8000-00000000000${number}`);
let tab: ReturnType<typeof openTab>;
let browser: ReturnType<typeof createBrowser>;
const deleted: string[] = [];
let emptied: number;

beforeEach(async () => {
  emptied = 0;
  browser = createBrowser();
  ids.forEach((id, index) => browser.server.seed(id, ["?", "!"], `Chat ${index + 1}`));
  tab = openTab(browser);
  await tab.settle();
  render(
    <AppContext.Provider value={tab.app}>
      <ConversationList
        onLeave={() => {}}
        onDelete={({ title }) => void deleted.push(title)}
        onEmpty={() => void (emptied += 1)}
      />
    </AppContext.Provider>,
    root,
  );
  await tab.settle();
});

const more = (title: string) => root.querySelector<HTMLElement>(`[aria-label="More about “${title}”"][aria-haspopup]`);
const items = () => [...root.querySelectorAll<HTMLElement>("[role=menuitem]")];
const words = () => items().map(({ textContent }) => textContent);
const focused = () => document.activeElement?.textContent;
const titles = () => [...root.querySelectorAll(".row-link")].map(({ textContent }) => textContent);
const headings = () => [...root.querySelectorAll(".list-heading")].map(({ textContent }) => textContent);

async function press(key: string, keyCode = 0): Promise<KeyboardEvent> {
  const event = new KeyboardEvent("keydown", { key, keyCode, bubbles: true, cancelable: true });
  document.activeElement?.dispatchEvent(event);
  await tab.settle();
  return event;
}

async function choose(title: string, item: string): Promise<void> {
  more(title)?.click();
  await tab.settle();
  items()
    .find(({ textContent }) => textContent === item)
    ?.click();
  await tab.settle();
}

test("the menu opens with the first item focused, and says that it is open", async () => {
  expect(more("Chat 1")?.getAttribute("aria-expanded")).toBe("false");
  more("Chat 1")?.click();
  await tab.settle();
  expect(more("Chat 1")?.getAttribute("aria-expanded")).toBe("true");
  expect(words()).toEqual(["Pin", "Rename", "Archive", "Delete"]);
  expect(focused()).toBe("Pin");
});

test("arrows go round, Home and End go to the ends, and a letter finds what begins with it", async () => {
  more("Chat 1")?.focus();
  await press("ArrowUp");
  expect(focused()).toBe("Delete");
  const seen: (string | null | undefined)[] = [];
  for (const key of ["ArrowDown", "ArrowDown", "End", "ArrowUp", "Home", "d", "r", "x"]) {
    await press(key);
    seen.push(focused());
  }
  expect(seen).toEqual(["Pin", "Rename", "Delete", "Archive", "Pin", "Delete", "Rename", "Rename"]);
});

test("Escape closes it and goes back to its button, and nobody else hears of it", async () => {
  more("Chat 1")?.click();
  await tab.settle();
  let heard = 0;
  const hear = () => void (heard += 1);
  addEventListener("keydown", hear);
  await press("Escape");
  removeEventListener("keydown", hear);
  expect([items().length, document.activeElement, heard]).toEqual([0, more("Chat 1"), 0]);
});

test("a press anywhere else, Tab and its own button close it", async () => {
  const open = async () => {
    more("Chat 1")?.click();
    await tab.settle();
    expect(items()).toHaveLength(4);
  };
  await open();
  items()[1]?.dispatchEvent(new Event("pointerdown", { bubbles: true }));
  await tab.settle();
  expect(items()).toHaveLength(4);
  document.body.dispatchEvent(new Event("pointerdown", { bubbles: true }));
  await tab.settle();
  expect(items()).toHaveLength(0);
  await open();
  expect((await press("Tab")).defaultPrevented).toBe(false);
  expect(items()).toHaveLength(0);
  await open();
  more("Chat 1")?.click();
  await tab.settle();
  expect(items()).toHaveLength(0);
});

test("it stays while something else scrolls, and goes when what it stands beside does, or the page changes its size", async () => {
  const sibling = document.createElement("div");
  document.body.append(sibling);
  const happens = async (name: string, target: EventTarget | null) => {
    more("Chat 1")?.click();
    await tab.settle();
    target?.dispatchEvent(new Event(name));
    await tab.settle();
    const count = items().length;
    if (count > 0) await press("Escape");
    return count;
  };
  expect(await happens("scroll", sibling)).toBe(4);
  expect(await happens("scroll", root.querySelector("nav"))).toBe(0);
  expect(await happens("scroll", document)).toBe(0);
  expect(await happens("resize", window)).toBe(0);
  sibling.remove();
});

test("what is pinned stands first, under its own heading, here and on the server", async () => {
  expect(titles()).toEqual(["Chat 2", "Chat 1"]);
  await choose("Chat 1", "Pin");
  expect([titles(), headings()[0]]).toEqual([["Chat 1", "Chat 2"], "Pinned"]);
  expect(browser.server.conversations.get(ids[0] ?? "")?.pinned).toBe(true);
  await choose("Chat 1", "Unpin");
  expect(titles()).toEqual(["Chat 2", "Chat 1"]);
});

test("what is archived leaves the list for the archive, and comes back from there", async () => {
  await choose("Chat 1", "Archive");
  expect(titles()).toEqual(["Chat 2"]);
  tab.app.conversations.showsArchive.value = true;
  await tab.settle();
  expect(titles()).toEqual(["Chat 1"]);
  await choose("Chat 1", "Bring back");
  expect(titles()).toEqual([]);
  expect(root.textContent).toContain("Nothing is archived.");
  root.querySelector<HTMLElement>(".list-head button")?.click();
  await tab.settle();
  expect(titles()).toEqual(["Chat 2", "Chat 1"]);
});

test("a pin that is refused is taken back, and said", async () => {
  browser.server.refuse(/PATCH/, { status: 503, code: "unavailable" });
  await choose("Chat 1", "Pin");
  expect(titles()).toEqual(["Chat 2", "Chat 1"]);
  expect(tab.app.notices.shown.value).toHaveLength(1);
});

test("renaming begins with the whole name chosen, and ends on the row", async () => {
  await choose("Chat 1", "Rename");
  const field = root.querySelector("input");
  expect(document.activeElement).toBe(field);
  if (field !== null) field.value = "Renamed";
  await press("Enter");
  expect(titles()).toEqual(["Chat 2", "Renamed"]);
  expect(focused()).toBe("Renamed");
});

test("the Enter and the Escape that end a composition, which Safari tells by their code alone, are not for the name", async () => {
  await choose("Chat 1", "Rename");
  const field = root.querySelector("input");
  if (field !== null) field.value = "にほん";
  for (const key of ["Enter", "Escape"]) await press(key, 229);
  expect(document.activeElement).toBe(field);
  await press("Enter", 13);
  expect(titles()).toEqual(["Chat 2", "にほん"]);
});

test("a further page of the list that cannot be fetched says so, and is fetched when it is asked for again", async () => {
  for (let number = 100; number < 135; number++) browser.server.seed(`0192f0c1-0000-7000-8000-000000000${number}`, []);
  await tab.app.conversations.refresh();
  browser.server.refuse(/GET .*cursor=/, "network");
  await tab.app.conversations.loadMore();
  await tab.settle();
  const more = () => root.querySelector<HTMLElement>(".list-more");
  expect(more()?.textContent).toBe("The others could not be fetched. Try again");
  expect(tab.app.notices.shown.value).toEqual([]);
  more()?.querySelector("button")?.click();
  await tab.settle();
  expect([titles().length, more()]).toEqual([37, null]);
});

test("the focus goes along with a row that is pinned, and with one that is not any more", async () => {
  for (const item of ["Pin", "Unpin"]) {
    await choose("Chat 1", item);
    expect(document.activeElement).toBe(more("Chat 1"));
  }
});

test("the focus of a row that leaves goes to the next one, from the last to the one before, and out of an empty list", async () => {
  await choose("Chat 1", "Archive");
  expect(document.activeElement).toBe(more("Chat 2"));
  await tab.app.archive(ids[0] ?? "", false);
  await tab.settle();
  expect(document.activeElement).toBe(more("Chat 2"));
  await choose("Chat 2", "Archive");
  expect([document.activeElement, emptied]).toEqual([more("Chat 1"), 0]);
  await choose("Chat 1", "Archive");
  expect([titles(), emptied]).toEqual([[], 1]);
});

test("a row that leaves takes no focus from elsewhere", async () => {
  await choose("Chat 1", "Archive");
  (document.activeElement as HTMLElement).blur();
  await tab.app.archive(ids[1] ?? "", true);
  await tab.settle();
  expect([document.activeElement, emptied]).toEqual([document.body, 0]);
});

test("Escape in the name ends the renaming, and nobody else hears of it", async () => {
  await choose("Chat 1", "Rename");
  let heard = 0;
  const hear = () => void (heard += 1);
  addEventListener("keydown", hear);
  await press("Escape");
  removeEventListener("keydown", hear);
  expect([focused(), heard]).toEqual(["Chat 1", 0]);
});

test("deleting asks first", async () => {
  await choose("Chat 2", "Delete");
  expect(deleted).toEqual(["Chat 2"]);
  expect(titles()).toHaveLength(2);
});

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, test, vi } from "vitest";
import { type Browser, createBrowser, openTab } from "../testing/test-app.ts";
import { Composer } from "./composer.tsx";
import { AppContext } from "./use-app.ts";

const root = document.createElement("div");
document.body.append(root);
afterEach(() => {
  render(null, root);
  vi.unstubAllGlobals();
});

/** A phone: a finger, and nothing that hovers. */
function onPhone(): void {
  const isTrue = (query: string) => query.includes("hover: none") || query.includes("coarse");
  vi.stubGlobal("matchMedia", (query: string) => ({ matches: isTrue(query) }));
}

/** The composer of a new chat, on the page. */
async function draw(browser: Browser = createBrowser()) {
  const tab = openTab(browser);
  await tab.settle();
  const redraw = async () => {
    render(
      <AppContext.Provider value={tab.app}>
        <Composer key={tab.app.open.value.id} conversation={tab.app.open.value} />
      </AppContext.Provider>,
      root,
    );
    await tab.settle();
  };
  await redraw();
  const field = () => root.querySelector("textarea") as HTMLTextAreaElement;
  const type = async (text: string) => {
    field().value = text;
    field().dispatchEvent(new InputEvent("input", { bubbles: true }));
    await tab.settle();
  };
  const press = async (init: KeyboardEventInit & { keyCode?: number }) => {
    const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init });
    if (init.keyCode !== undefined) Object.defineProperty(event, "keyCode", { value: init.keyCode });
    field().dispatchEvent(event);
    await tab.settle();
    return event;
  };
  const sends = () => browser.server.requests.filter(({ path }) => path.endsWith("/messages")).length;
  return {
    tab,
    browser,
    field,
    type,
    press,
    sends,
    redraw,
    button: (label: string) => root.querySelector<HTMLButtonElement>(`[aria-label="${label}"]`),
  };
}

test("Enter sends and empties the field", async () => {
  const { type, press, sends, field } = await draw();
  await type("Why?");
  expect((await press({ key: "Enter" })).defaultPrevented).toBe(true);
  expect(sends()).toBe(1);
  expect(field().value).toBe("");
});

test("Shift and Enter break the line", async () => {
  const { type, press, sends } = await draw();
  await type("Why?");
  expect((await press({ key: "Enter", shiftKey: true })).defaultPrevented).toBe(false);
  expect(sends()).toBe(0);
});

test("on a phone Enter breaks the line, and the button sends, as does a key that leaves no doubt", async () => {
  onPhone();
  const { type, press, sends, button, field, tab } = await draw();
  expect(field().getAttribute("enterkeyhint")).toBe("enter");
  await type("Why?");
  expect((await press({ key: "Enter" })).defaultPrevented).toBe(false);
  expect(sends()).toBe(0);
  button("Send")?.click();
  await tab.settle();
  expect(sends()).toBe(1);
  await tab.app.open.value.answering.stop();
  await type("And how?");
  await press({ key: "Enter", ctrlKey: true });
  expect(sends()).toBe(2);
});

test("an Enter that chooses a word of a composition sends nothing", async () => {
  const { type, press, sends } = await draw();
  await type("なぜ");
  expect((await press({ key: "Enter", isComposing: true })).defaultPrevented).toBe(false);
  expect((await press({ key: "Enter", keyCode: 229 })).defaultPrevented).toBe(false);
  expect(sends()).toBe(0);
});

test("there is nothing to send in an empty field, and the button says so", async () => {
  const { type, press, sends, button } = await draw();
  await type("  \n ");
  expect(button("Send")?.disabled).toBe(true);
  await press({ key: "Enter" });
  expect(sends()).toBe(0);
});

test("a text over the limit is counted and not sent", async () => {
  const { type, press, sends, field } = await draw();
  await type("x".repeat(1_001));
  expect(root.querySelector(".composer-count[role=status]")?.textContent).toBe("1 too many");
  expect(field().getAttribute("aria-describedby")).toBe(root.querySelector(".composer-count")?.id);
  await press({ key: "Enter" });
  expect(sends()).toBe(0);
  await type("x".repeat(1_000));
  expect(root.querySelector(".composer-count:not([role])")?.textContent).toBe("0 left");
  await press({ key: "Enter" });
  expect(sends()).toBe(1);
});

test("while an answer is written the button stops it, once, and what is typed meanwhile stays", async () => {
  const { tab, type, press, sends, button, field, browser } = await draw();
  await type("Why?");
  await press({ key: "Enter" });
  await type("And another thing");
  await press({ key: "Enter" });
  expect(sends()).toBe(1);
  expect(field().value).toBe("And another thing");
  button("Stop the answer")?.click();
  button("Stop the answer")?.click();
  await tab.settle();
  expect(browser.server.requests.filter(({ path }) => path.endsWith("/stop"))).toHaveLength(1);
});

test("Escape stops the answer, once; in a composition it is for the composition", async () => {
  const { type, press, button, browser } = await draw();
  const stops = () => browser.server.requests.filter(({ path }) => path.endsWith("/stop")).length;
  await press({ key: "Escape" });
  await type("Why?");
  await press({ key: "Enter" });
  expect(button("Stop the answer")?.title).toBe("Stop (Esc)");
  await press({ key: "Escape", isComposing: true });
  await press({ key: "Escape", keyCode: 229 });
  expect(stops()).toBe(0);
  await press({ key: "Escape" });
  await press({ key: "Escape" });
  expect(stops()).toBe(1);
});

test("a double click on Send does not stop what it has sent, and one on Stop sends no draft", async () => {
  const { tab, type, button, sends, browser } = await draw();
  const click = async (label: string, detail: number) => {
    button(label)?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, detail }));
    await tab.settle();
  };
  await type("Why?");
  await click("Send", 1);
  await click("Stop the answer", 2);
  const stops = () => browser.server.requests.filter(({ path }) => path.endsWith("/stop")).length;
  expect([sends(), stops()]).toEqual([1, 0]);
  await type("And how?");
  await click("Stop the answer", 1);
  expect(stops()).toBe(1);
  await click("Send", 2);
  expect(sends()).toBe(1);
  await click("Send", 1);
  expect(sends()).toBe(2);
});

test("a click on the box is one on its field, but not where it is on something to press or to choose", async () => {
  const { field, button, type } = await draw();
  const focusedBy = (target: Element | null | undefined) => {
    field().blur();
    target?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, detail: 1 }));
    return document.activeElement === field();
  };
  expect(focusedBy(root.querySelector(".composer-row"))).toBe(true);
  expect(focusedBy(root.querySelector("select"))).toBe(false);
  expect(focusedBy(root.querySelector(".model-picker"))).toBe(false);
  await type("Why?");
  expect(focusedBy(button("Send")?.querySelector("svg"))).toBe(true);
});

test("on a phone neither Send nor Stop brings up the keyboard; elsewhere neither takes the focus away", async () => {
  for (const isPhone of [true, false]) {
    if (isPhone) onPhone();
    else vi.unstubAllGlobals();
    const { tab, type, button, field } = await draw();
    const after: boolean[] = [];
    // With what follows a drawing: words that were put into the field take the focus there.
    await act(() => type("Why?"));
    for (const label of ["Send", "Stop the answer"]) {
      field().blur();
      button(label)?.click();
      await tab.settle();
      after.push(document.activeElement === field());
    }
    expect(after).toEqual(isPhone ? [false, false] : [true, true]);
    render(null, root);
  }
});

test("a refused message is back in the field, under the server's words and a button to try again", async () => {
  const browser = createBrowser();
  const { type, press, field, sends, tab } = await draw(browser);
  browser.server.refuse(/POST .*messages$/, {
    status: 429,
    code: "rate_limited",
    detail: "Too many messages.",
    retryAfterMs: 12_000,
  });
  await type("Why?");
  await press({ key: "Enter" });
  expect(root.querySelector("[role=alert]")?.textContent).toBe("Too many messages. Ready in 12 s.Try again");
  expect(field().value).toBe("Why?");
  root.querySelector<HTMLButtonElement>("[role=alert] button")?.click();
  await tab.settle();
  expect(sends()).toBe(2);
  expect(root.querySelector("[role=alert]")).toBe(null);
});

test("the model is a choice where there are several", async () => {
  const { tab } = await draw();
  const select = root.querySelector("select");
  expect([...(select?.options ?? [])].map(({ text }) => text)).toEqual(["First", "Second"]);
  if (select !== null) select.value = "second";
  select?.dispatchEvent(new Event("change", { bubbles: true }));
  expect(tab.app.open.value.model.value).toBe("second");
});

import { expect, test } from "vitest";
import { isNewChatKey, titleFor } from "./new-chat.ts";

const NONE = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };
const CTRL = { ...NONE, key: "k", ctrlKey: true };
const CMD = { ...NONE, key: "k", metaKey: true };

test("the shortcut is Ctrl and K, but Cmd and K on Apple's keyboards, where Ctrl and K is the field's own", () => {
  expect([isNewChatKey(CTRL, false), isNewChatKey(CMD, false)]).toEqual([true, false]);
  expect([isNewChatKey(CTRL, true), isNewChatKey(CMD, true)]).toEqual([false, true]);
  expect([titleFor(false), titleFor(true)]).toEqual(["New chat (Ctrl K)", "New chat (⌘K)"]);
});

test("Shift and O do the same, in either case of the letter, and no other key does", () => {
  const shifted = { ...CTRL, key: "O", shiftKey: true };
  expect(
    [shifted, { ...shifted, key: "K" }, { ...shifted, altKey: true }].map((keys) => isNewChatKey(keys, false)),
  ).toEqual([true, false, false]);
  expect(isNewChatKey({ ...CTRL, key: "K" }, false)).toBe(true);
});

import { expect, test } from "vitest";
import { type Address, createRouter, parsePath, pathOf } from "./route.ts";

const ID = "0192f0c1-2345-7abc-8def-0123456789ab";

test("a conversation's address is its id, with its cell's name where it has one", () => {
  for (const id of [ID, `eu_${ID}`]) expect(parsePath(pathOf(id))).toEqual({ conversationId: id, isUnknown: false });
});

test("everything else but the new chat is nothing", () => {
  expect(parsePath("/")).toEqual({ conversationId: null, isUnknown: false });
  for (const path of ["/c/", "/c/x", `/c/${ID}/x`, `/c/${ID.toUpperCase()}`, "/c/../api", "/other"]) {
    expect(parsePath(path)).toEqual({ conversationId: null, isUnknown: true });
  }
});

test("going somewhere is one entry in the history, going nowhere is none, and back is heard", () => {
  const entries = ["/"];
  let back = () => {};
  const address: Address = {
    read: () => entries.at(-1) ?? "/",
    push: (path) => void entries.push(path),
    replace: (path) => void entries.splice(-1, 1, path),
    listen: (hear) => (back = hear),
  };
  const router = createRouter(address);
  router.go(ID);
  router.go(ID);
  expect(entries).toEqual(["/", `/c/${ID}`]);
  entries.pop();
  back();
  expect(router.route.value.conversationId).toBe(null);
  entries.push("/c/x");
  back();
  router.go(null);
  expect([entries.at(-1), router.route.value.isUnknown]).toEqual(["/", false]);
});

import { expect, test } from "vitest";
import { createComposer } from "./composer.ts";

/** A browser's storage, and ids that count. */
function createPorts() {
  const stored = new Map<string, string>();
  let count = 0;
  return {
    stored,
    storage: {
      read: (key: string) => stored.get(key) ?? null,
      write: (key: string, value: string | null) => void (value === null ? stored.delete(key) : stored.set(key, value)),
    },
    createId: () => `id-${(count += 1)}`,
  };
}

test("a draft outlives the page, per conversation", () => {
  const ports = createPorts();
  createComposer("one", ports).write("half a thou");
  expect(createComposer("one", ports).text.value).toBe("half a thou");
  expect(createComposer("two", ports).text.value).toBe("");
});

test("an emptied draft leaves nothing behind", () => {
  const ports = createPorts();
  const composer = createComposer("one", ports);
  composer.write("x");
  composer.write("");
  expect(ports.stored.size).toBe(0);
});

test("what was sent is kept until the server has it, and then forgotten", () => {
  const ports = createPorts();
  const composer = createComposer("one", ports);
  composer.write("  hello  ");
  expect(composer.take()).toEqual({ id: "id-1", text: "hello" });
  expect(composer.text.value).toBe("");
  expect(createComposer("one", ports).outgoing.value).toEqual({ id: "id-1", text: "hello" });
  composer.taken("id-1");
  expect(ports.stored.size).toBe(0);
});

test("nothing but space is nothing to send", () => {
  const composer = createComposer("one", createPorts());
  composer.write(" \n ");
  expect(composer.take()).toBe(null);
  expect(composer.text.value).toBe(" \n ");
});

test("a refused text comes back, and the same text is sent again under the same id", () => {
  const composer = createComposer("one", createPorts());
  composer.write("hello");
  composer.take();
  composer.giveBack();
  expect(composer.text.value).toBe("hello");
  composer.write("hello ");
  expect(composer.take()).toEqual({ id: "id-1", text: "hello" });
});

test("a changed text is another message: it gets another id", () => {
  const composer = createComposer("one", createPorts());
  composer.write("hello");
  composer.take();
  composer.giveBack();
  composer.write("hello you");
  composer.write("hello");
  expect(composer.take()?.id).toBe("id-2");
});

test("an id that the server calls spent is not used again", () => {
  const composer = createComposer("one", createPorts());
  composer.write("hello");
  composer.take();
  composer.giveBack(true);
  expect(composer.take()).toEqual({ id: "id-2", text: "hello" });
});

test("what was written meanwhile is kept behind what comes back", () => {
  const composer = createComposer("one", createPorts());
  composer.write("first");
  composer.take();
  composer.write("second");
  composer.giveBack();
  expect(composer.text.value).toBe("first\n\nsecond");
  expect(composer.take()?.id).toBe("id-2");
});

test("a send that was given up but did arrive is not offered a second time", () => {
  const composer = createComposer("one", createPorts());
  composer.write("hello");
  composer.take();
  composer.giveBack();
  composer.taken("id-1");
  expect(composer.text.value).toBe("");
});

test("a new conversation takes its draft along when it gets its name", () => {
  const ports = createPorts();
  const composer = createComposer("new", ports);
  composer.write("hello");
  composer.moveTo("one");
  composer.take();
  expect(createComposer("new", ports).text.value).toBe("");
  expect(createComposer("one", ports).outgoing.value?.text).toBe("hello");
});

test("whatever else stands in storage is no draft", () => {
  const ports = createPorts();
  for (const junk of ["", "null", "{", "3", '{"text":3}', "[]"]) {
    ports.stored.set("brink.draft.one", junk);
    expect(createComposer("one", ports).text.value).toBe("");
  }
});

test("a storage that keeps nothing loses nothing that is on the page", () => {
  const storage = { read: () => null, write: () => {} };
  const composer = createComposer("one", { storage, createId: () => "id" });
  composer.write("hello");
  expect(composer.take()).toEqual({ id: "id", text: "hello" });
});

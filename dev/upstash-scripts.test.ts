import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createScriptBook, withoutKeyLocking } from "./upstash-scripts.ts";

const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex");
const locking = (body: string): string => `#!lua flags=allow-key-locking\n${body}`;

test.each([
  ["#!lua flags=allow-key-locking\nreturn 1", "#!lua\nreturn 1"],
  ["#!lua flags=no-writes,allow-key-locking\nreturn 1", "#!lua flags=no-writes\nreturn 1"],
  ["#!lua flags=allow-key-locking,no-writes name=x\nreturn 1", "#!lua flags=no-writes name=x\nreturn 1"],
  ["#!lua flags=no-writes\nreturn 1", "#!lua flags=no-writes\nreturn 1"],
  ["return 'flags=allow-key-locking'", "return 'flags=allow-key-locking'"],
  ["-- x\n#!lua flags=allow-key-locking", "-- x\n#!lua flags=allow-key-locking"],
])("%j is stored as %j", (script, stored) => {
  expect(withoutKeyLocking(script)).toBe(stored);
});

test("a SHA is known once its script was seen, whatever its case", () => {
  const book = createScriptBook();
  const script = locking("return 1");
  expect(book.translate(["EVALSHA", sha1(script), "0"])).toEqual({ command: ["EVALSHA", sha1(script), "0"] });
  expect(book.translate(["eval", script, "1", "key", "arg"])).toEqual({
    command: ["eval", "#!lua\nreturn 1", "1", "key", "arg"],
  });
  expect(book.translate(["EVALSHA", sha1(script).toUpperCase(), "0"])).toEqual({
    command: ["EVALSHA", sha1("#!lua\nreturn 1"), "0"],
  });
});

test("SCRIPT LOAD answers with the SHA of what the client sent", () => {
  const script = locking("return 2");
  expect(createScriptBook().translate(["SCRIPT", "LOAD", script])).toEqual({
    command: ["SCRIPT", "LOAD", "#!lua\nreturn 2"],
    answerSha: sha1(script),
  });
});

test("other scripts and other commands pass as they are", () => {
  const book = createScriptBook();
  for (const command of [
    ["EVAL", "return 1", "0"],
    ["GET", "#!lua flags=allow-key-locking"],
    ["EVAL"],
    ["SCRIPT"],
    ["SCRIPT", "FLUSH", "ASYNC"],
  ]) {
    const [name = "", ...args] = command;
    expect(book.translate([name, ...args]).command).toEqual(command);
  }
});

test("the book is bounded and forgets the script that was run longest ago", () => {
  const book = createScriptBook(2);
  const [a, b, c] = [locking("return 'a'"), locking("return 'b'"), locking("return 'c'")];
  const isKnown = (script: string): boolean =>
    book.translate(["EVALSHA", sha1(script), "0"]).command[1] !== sha1(script);
  for (const script of [a, b, a, c]) book.translate(["EVAL", script, "0"]);
  expect([a, b, c].map(isKnown)).toEqual([true, false, true]);
});

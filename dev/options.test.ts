import { expect, test } from "vitest";
import { parseOptions } from "./options.ts";
import { StartError } from "./start-error.ts";

const parse = (...args: string[]) => parseOptions(args, "/clone");

test("without options Brink listens on 8787 and keeps its state in .brink", () => {
  expect(parse()).toEqual({ port: 8787, stateDir: "/clone/.brink", quiet: false, watch: false, help: false });
});

test("options are taken with a space and with an equals sign, in any order", () => {
  const expected = { port: 9000, stateDir: "/clone/there", quiet: true };
  expect(parse("--quiet", "--port", "9000", "--state", "there")).toMatchObject(expected);
  expect(parse("--state=there", "--port=9000", "--quiet")).toMatchObject(expected);
});

test("an absolute state folder stays where it is, and port 0 asks for any", () => {
  expect(parse("--state", "/elsewhere", "--port", "0")).toMatchObject({ stateDir: "/elsewhere", port: 0 });
});

test.each([["65536"], ["-1"], ["80a"], ["1e3"], ["8787.5"], [""], ["--quiet"], ["999999999999"]])(
  "%o is no port",
  (port) => {
    expect(() => parse("--port", port)).toThrow("--port needs a whole number from 1 to 65535, or 0 for any free port.");
  },
);

test.each([
  [["--port"], "--port needs"],
  [["--state"], "--state needs a folder."],
  [["--state="], "--state needs a folder."],
  [["--state", "--quiet"], "--state needs a folder."],
  [["--quiet=yes"], "--quiet takes no value."],
  [["--prot", "1"], 'not "--prot"'],
  [["-p", "1"], 'not "-p"'],
  [["8787"], 'not "8787"'],
  [["--", "8787"], 'not "8787"'],
])("%o is refused in one sentence", (args, sentence) => {
  expect(() => parse(...args)).toThrow(StartError);
  expect(() => parse(...args)).toThrow(sentence);
});

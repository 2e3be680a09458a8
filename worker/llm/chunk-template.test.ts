import { expect, test } from "vitest";
import { learnTemplate, matchLine, type Template } from "./chunk-template.ts";
import { parseChunk } from "./parse-chunk.ts";

const chunk = (delta: object, rest: object = {}) =>
  JSON.stringify({ id: "x", choices: [{ index: 0, delta, finish_reason: null }], usage: null, ...rest });

/** The template that a chunk teaches, as its reader would learn it. */
function templateOf(data: string): Template | null {
  const [said] = parseChunk(data) ?? [];
  return said?.type === "text" ? learnTemplate(data, said.kind, said.text) : null;
}

function match(template: Template | null, data: string): string | null {
  const line = `data: ${data}`;
  return template === null ? null : matchLine(template, `before\n${line}\n\nafter`, 7, 7 + line.length);
}

test.for([
  ["an answer", { content: "Hello" }, {}],
  ["reasoning, by its first name", { reasoning_content: "Hm" }, {}],
  ["reasoning, by its second name", { role: "assistant", content: "", reasoning: "Hm" }, {}],
  ["a refusal", { content: null, refusal: "No" }, {}],
  ["content in parts", { content: [{ type: "text", text: "Hello" }] }, {}],
  ["padding behind", { content: "Hello" }, { obfuscation: "aB3" }],
  ["a text like its own keys", { content: "content" }, {}],
  ["the probe itself", { content: "text" }, {}],
] as const)("%s is read alike by template and by parser, whatever is changed in the line", ([, delta, rest]) => {
  const data = chunk(delta, rest);
  const template = templateOf(data);
  expect(template).not.toBeNull();
  const [said] = parseChunk(data) ?? [];
  expect(match(template, data)).toBe(said?.type === "text" ? said.text : undefined);
  const intruders = ["", '"', "\\", "\\n", "\t", "\\ud83d", "é", "😀", "}", '","content":"', '"}', "\\u0000", "0"];
  for (let at = 0; at <= data.length; at++) {
    for (const intruder of intruders) {
      for (const cut of [0, 1]) {
        const changed = data.slice(0, at) + intruder + data.slice(at + cut);
        const text = match(template, changed);
        if (text === null) continue;
        const expected = text === "" ? [] : [{ type: "text", kind: template?.kind, text }];
        expect(parseChunk(changed)).toEqual(expected);
      }
    }
  }
});

test("another text in the same place is read without the parser, escapes and padding included", () => {
  const plain = templateOf(chunk({ content: "Hello" }));
  for (const content of [" world", "", '"quoted"', "a\\b", "line\n", "\u0001", "漢字 😀", "\ud83d"]) {
    expect(match(plain, chunk({ content }))).toBe(content);
  }
  const padded = templateOf(chunk({ content: "Hello" }, { obfuscation: "aB3" }));
  expect(match(padded, chunk({ content: " world" }, { obfuscation: "" }))).toBe(" world");
  expect(match(padded, chunk({ content: " world" }, { obfuscation: "Zz9Zz9" }))).toBe(" world");
  expect(match(padded, chunk({ content: " world" }))).toBeNull();
});

test("a chunk that says more than one text teaches nothing that would hide it", () => {
  const finish = JSON.stringify({ choices: [{ delta: { content: "Hi" }, finish_reason: "stop" }] });
  expect(match(templateOf(chunk({ content: "Hi" })), finish)).toBeNull();
  // Two places of one text: only a text in the right one is taken, if any.
  const twice = chunk({ content: "Hi" }, { id: "Hi" });
  const text = match(templateOf(twice), chunk({ content: "Ho" }, { id: "Hi" }));
  expect([null, "Ho"]).toContain(text);
});

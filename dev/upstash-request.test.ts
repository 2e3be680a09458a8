import { expect, test } from "vitest";
import { parseRest } from "./upstash-request.ts";

function parse(method: string, target: string, body = "") {
  const { pathname, searchParams } = new URL(target, "http://localhost");
  return parseRest({ method, path: pathname, query: searchParams, body });
}

test("a command is an array of plain values", () => {
  expect(parse("POST", "/", '["SET","k",1.5,true,null,""]')).toEqual({
    type: "command",
    command: ["SET", "k", "1.5", "true", "null", ""],
  });
});

test("several are an array of arrays", () => {
  expect(parse("POST", "/pipeline", '[["GET","a"],["GET","b"]]')).toEqual({
    type: "pipeline",
    commands: [
      ["GET", "a"],
      ["GET", "b"],
    ],
  });
  expect(parse("POST", "/multi-exec", '[["PING"]]')).toEqual({ type: "transaction", commands: [["PING"]] });
});

test.each([
  ["GET", "/get/a%2Fb", "", ["get", "a/b"]],
  ["GET", "/set/k/v/EX/10", "", ["set", "k", "v", "EX", "10"]],
  ["POST", "/set/k?EX=10&NX&_token=t", "a body", ["set", "k", "a body", "EX", "10", "NX"]],
  ["PUT", "/set/k", "{}", ["set", "k", "{}"]],
  ["HEAD", "/ping", "", ["ping"]],
  ["GET", "/echo/", "", ["echo", ""]],
])("%s %s with body '%s' is %j", (method, target, body, command) => {
  expect(parse(method, target, body)).toEqual({ type: "command", command });
});

test.each([
  ["POST", "/", "", 400],
  ["POST", "/", '"PING"', 400],
  ["POST", "/", "[]", 400],
  ["POST", "/", '[""]', 400],
  ["POST", "/", '["SET",{}]', 400],
  ["POST", "/pipeline", '["GET","a"]', 400],
  ["POST", "/pipeline", '[["GET","a"],[]]', 400],
  ["POST", "/multi-exec", "{", 400],
  ["GET", "/pipeline", "", 405],
  ["GET", "/get/%E0%A4%A", "", 400],
  ["DELETE", "/get/a", "", 405],
])("%s %s with body '%s' is refused with %i", (method, target, body, status) => {
  expect(parse(method, target, body)).toMatchObject({ type: "refused", status, error: expect.stringMatching(/^ERR /) });
});

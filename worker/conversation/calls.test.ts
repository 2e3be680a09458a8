import { expect, test } from "vitest";
import { readCall, type SendCall, writeCall } from "./calls.ts";

const callOf = (text: string): SendCall => ({
  conversationId: "c",
  owner: { id: "u", kind: "guest" },
  address: "ip:1",
  request: { id: "m", text },
  params: { temperature: 0.5 },
  isVerdictFirst: false,
  wantsStream: true,
});

const across = (call: SendCall) => {
  const request = new Request("https://conversation/send", writeCall(call));
  return { request, read: readCall<SendCall>(request.clone()) };
};

test.each([
  ["plain words", true],
  ['\u{1f9e0} ümläüt, \u4e2d\u6587, \u0000, \r\n, \ud800, \u2028 and "quotes"', true],
  ["\u{1f9e0}".repeat(200), true],
  ["\u{1f9e0}".repeat(900), false],
  ["x".repeat(100_000), false],
])("a call arrives as it was, short in a header, long in a body (%#)", async (text, isShort) => {
  const { request, read } = across(callOf(text));
  expect(await read).toEqual(callOf(text));
  expect((await request.text()) === "").toBe(isShort);
});

import { expect, test } from "vitest";
import { renderError, renderReplies, renderReply, ReplyError, type RedisReply } from "./upstash-reply.ts";

const text = (value: string): Buffer => Buffer.from(value);

test.each<[plain: string, base64: string, reply: RedisReply]>([
  ["null", "null", null],
  ["7", "7", 7n],
  ["-9223372036854775808", "-9223372036854775808", -9223372036854775808n],
  ['"OK"', '"OK"', text("OK")],
  ['"hi"', '"aGk="', text("hi")],
  ['""', '""', text("")],
  ['"\\"\\n👋"', '"Igrwn5GL"', text('"\n👋')],
  ['"\ufffd\\u0000"', '"/wA="', Buffer.from([0xff, 0])],
  ["[]", "[]", []],
  ['["OK",1,null,["a"]]', '["T0s=",1,null,["YQ=="]]', [text("OK"), 1n, null, [text("a")]]],
  ['["ERR x"]', '["RVJSIHg="]', [new ReplyError("ERR x")]],
])("what is %s in plain is %s in base64", (plain, base64, reply) => {
  expect(renderReply(reply, false)).toBe(`{"result":${plain}}`);
  expect(renderReply(reply, true)).toBe(`{"result":${base64}}`);
});

test("an error is never encoded, and stands beside the results of a pipeline", () => {
  expect(renderReply(new ReplyError('ERR "x"'), true)).toBe('{"error":"ERR \\"x\\""}');
  expect(renderReplies([1n, new ReplyError("ERR"), text("a")], true)).toBe(
    '[{"result":1},{"error":"ERR"},{"result":"YQ=="}]',
  );
  expect(renderError("Unauthorized")).toBe('{"error":"Unauthorized"}');
});

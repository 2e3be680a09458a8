import { expect, test } from "vitest";
import { renderError, renderReplies, renderReply, ReplyError, type RedisReply } from "./upstash-reply.ts";

const text = (value: string): Buffer => Buffer.from(value);

test.each<[RedisReply, string, string]>([
  [null, "null", "null"],
  [7n, "7", "7"],
  [-9223372036854775808n, "-9223372036854775808", "-9223372036854775808"],
  [text("OK"), '"OK"', '"OK"'],
  [text("hi"), '"hi"', '"aGk="'],
  [text(""), '""', '""'],
  [text('"\n👋'), '"\\"\\n👋"', '"Igrwn5GL"'],
  [Buffer.from([0xff, 0]), '"\ufffd\\u0000"', '"/wA="'],
  [[], "[]", "[]"],
  [[text("OK"), 1n, null, [text("a")]], '["OK",1,null,["a"]]', '["T0s=",1,null,["YQ=="]]'],
  [[new ReplyError("ERR x")], '["ERR x"]', '["RVJSIHg="]'],
])("%j is %s, and in base64 %s", (reply, plain, base64) => {
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

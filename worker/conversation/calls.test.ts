// A call on its way to the object: in a header while it is short, whatever it says, and in a body from there on.

import { expect, test } from "vitest";
import { readCall, writeCall } from "./calls.ts";

const received = (call: unknown) => new Request("https://conversation/send", writeCall(call));

test("a call arrives as it was sent, in a header or in a body", async () => {
  const texts = [
    "",
    "plain",
    "Grüße, 你好, 😀",
    "half \ud83d",
    "line\r\nX-Brink-Owner: me\u2028\0",
    '" \\ \u007f',
    " padded ",
  ];
  for (const text of [...texts, "é".repeat(5_000), "\ud83d".repeat(5_000)]) {
    expect(await readCall(received({ text }))).toEqual({ text });
  }
});

test("only a short call goes in a header, even where each unit of it is escaped", () => {
  expect(received({ text: "short" }).body).toBeNull();
  for (const text of ["x".repeat(5_000), "é".repeat(2_000)]) {
    const request = received({ text });
    expect(request.body).not.toBeNull();
    expect([...request.headers.keys()].filter((name) => name.startsWith("x-brink"))).toEqual([]);
  }
});

import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { createGuest, newId, readStream } from "../../dev/api-client.ts";

const ORIGIN = "http://127.0.0.1";
const fetcher = (url: string, init?: RequestInit) => exports.default.fetch(new Request(url, init));

test("a message streams start, deltas and one end, and is stored", async () => {
  const client = await createGuest(ORIGIN, fetcher);
  const cid = newId();
  const id = newId();
  const response = await client.send(cid, { id, text: "hello", model: "brink-simulated:first=5,rate=500,tokens=40" });
  expect(response.status).toBe(200);
  const { text, end, events } = await readStream(response);
  expect(events[0]?.event).toBe("start");
  expect(end).toMatchObject({ state: "complete", length: text.length, finishReason: "stop" });
  const snapshot = await client.snapshot(cid);
  expect(snapshot.messages.map((message) => message.text)).toEqual(["hello", text]);
});

// Answers from the cache, through the public API.

import { expect, test } from "vitest";
import { newId, readStream } from "../../dev/api-client.ts";
import { FAST, guest } from "../test-client.ts";

test("a cached answer is replayed as a stream, marked, free, and its owner's alone (promise 13)", async () => {
  const [client, other] = [await guest(), await guest()];
  const text = `cache ${newId()}`;
  const ask = (from: typeof client, cache: boolean) =>
    from.send(newId(), { id: newId(), text, model: FAST, params: { cache } }).then((response) => readStream(response));
  const first = await ask(client, true);
  expect(first.events[0]).toMatchObject({ data: { cached: false } });
  let second = await ask(client, true);
  await expect.poll(async () => (second = await ask(client, true)).events[0]?.data).toMatchObject({ cached: true });
  expect(second.text).toBe(first.text);
  expect(second.end).toMatchObject({ state: "complete", costUsd: 0 });
  expect((await ask(client, false)).events[0]).toMatchObject({ data: { cached: false } });
  expect((await ask(other, true)).events[0]).toMatchObject({ data: { cached: false } });
});

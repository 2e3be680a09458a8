// A life of the object that another one has taken over from: it writes nothing more and tells nobody an end.

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { follow, newId, readStream } from "../../dev/api-client.ts";
import { guest, SLOW } from "../test-client.ts";

const objectOf = (conversationId: string) => env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(conversationId));

test("a life that was fenced off writes nothing more, and its readers find the end that is stored (promises 3, 9)", async () => {
  const client = await guest();
  const [cid, id] = [newId(), newId()];
  const response = await client.send(cid, { id, text: "twice alive", model: SLOW });
  const shown = await readStream(await client.attach(cid, id), undefined, (seen) => seen.length > 20);
  // What a second life stores that finds this answer: the text so far is the answer, and it has ended.
  const stored = await runInDurableObject(objectOf(cid), (_, { storage }) => {
    const text = String(storage.sql.exec("select body from ledger where length is not null").one()["body"]);
    storage.sql.exec(
      `update ledger set writer = null, length = ?1, record = json_set(record, '$.generation.attempt', 2,
       '$.generation.keeps', json_array(?1), '$.generation.length', ?1, '$.generation.state', 'interrupted',
       '$.generation.error', 'crashed') where length is not null`,
      text.length,
    );
    storage.sql.exec("update ledger set record = json_set(record, '$.liveSeq', null) where key = 0");
    return text;
  });
  const cut = await readStream(response).catch(() => null);
  expect(cut?.end ?? null).toBeNull();
  const after = await follow(client, cid, id, shown.transcript);
  expect(after.text).toBe(stored);
  expect(after.end).toMatchObject({ state: "interrupted", length: stored.length });
  expect((await client.snapshot(cid)).messages[1]).toMatchObject({ text: stored, state: "interrupted" });
});

import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newId } from "../../dev/api-client.ts";
import type { WriteFailure } from "../core/owed.ts";
import { createDatabase } from "./client.ts";
import { listConversations } from "./conversations.ts";
import { createListing } from "./listing.ts";
import { createOutboxWriter } from "./outbox-writer.ts";
import { conversationOf } from "./test-rows.ts";

/** A listing over a writer that notes each request and answers as told; `said` settles when so many rows were told. */
const start = (failure: WriteFailure | null, rows: number) => {
  const { promise: said, resolve } = Promise.withResolvers<void>();
  const requests: number[] = [];
  const listing = createListing((batch) => {
    requests.push(batch.length);
    if (requests.reduce((sum, length) => sum + length, 0) === rows) setTimeout(resolve, 0);
    return Promise.resolve(failure);
  });
  return { listing, requests, said };
};

test("conversations that begin in one moment are listed by one request, and many by few", async () => {
  const { listing, requests, said } = start(null, 120);
  for (let row = 0; row < 120; row++) listing.add(conversationOf(), () => expect.unreachable());
  await said;
  expect(requests).toEqual([50, 50, 20]);
});

test("each conversation of a request that failed is told so", async () => {
  const { listing, said } = start({ kind: "away", summary: "" }, 3);
  const failed: number[] = [];
  for (let row = 0; row < 3; row++) listing.add(conversationOf(), () => failed.push(row));
  await said;
  expect(failed).toEqual([0, 1, 2]);
});

test("what is gathered is in Postgres, each for its own owner, and an older revision changes nothing", async () => {
  const database = createDatabase({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT });
  const writer = createOutboxWriter(database);
  const [ann, bob] = [newId(), newId()];
  const known = conversationOf({ ownerId: ann, rev: 5, title: "newer" });
  await writer.write(known, []);
  const failures: string[] = [];
  for (const row of [
    conversationOf({ ownerId: bob }),
    conversationOf({ ownerId: ann }),
    { ...known, rev: 4, title: "older" },
  ]) {
    writer.list(row, () => failures.push(row.id));
  }
  const titlesOf = async (owner: string) => {
    const items = await listConversations(database, owner, 10, null);
    return items.map(({ title }) => title).sort();
  };
  await expect.poll(() => titlesOf(ann), { timeout: 5_000 }).toEqual(["a title", "newer"]);
  expect(await titlesOf(bob)).toEqual(["a title"]);
  expect(failures).toEqual([]);
});

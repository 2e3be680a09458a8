import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { eq } from "drizzle-orm";
import { newId } from "../../dev/api-client.ts";
import type { OwedMessage, WriteFailure } from "../core/owed.ts";
import { createDatabase } from "./client.ts";
import { listConversations } from "./conversations.ts";
import { createGatheredWrites, type Payment } from "./gathered-writes.ts";
import { createOutboxWriter } from "./outbox-writer.ts";
import { messages } from "./schema.ts";
import { conversationOf, messageOf } from "./test-rows.ts";

/** Over a writer that notes the titles of each request and answers them as told. */
const start = (answer: (titles: string[]) => WriteFailure | null = () => null) => {
  const requests: string[][] = [];
  const gathered = createGatheredWrites((payments) => {
    const titles = payments.map(({ conversation }) => conversation.title);
    requests.push(titles);
    return Promise.resolve(answer(titles));
  });
  const add = (title: string, messages: OwedMessage[] = []) =>
    gathered.write({ conversation: conversationOf({ title }), messages });
  return { add, requests };
};
const away: WriteFailure = { kind: "away", summary: "" };
const data: WriteFailure = { kind: "data", summary: "" };

test("what comes in one moment is one request, and much of it few", async () => {
  const { add, requests } = start();
  const failures = await Promise.all(Array.from({ length: 120 }, (_, row) => add(`${row}`)));
  expect(requests.map(({ length }) => length)).toEqual([50, 50, 20]);
  expect(failures).toEqual(Array.from({ length: 120 }, () => null));
});

test("a listing that waits goes along with the answer that has ended meanwhile", async () => {
  const requests: Payment[][] = [];
  const gathered = createGatheredWrites(async (payments) => {
    requests.push(payments);
    return null;
  });
  const [conversation, other] = [conversationOf({ title: "a" }), conversationOf({ title: "b" })];
  const settled: boolean[] = [];
  for (const one of [conversation, other]) {
    gathered.tell({ conversation: one, messages: [] }, (isWritten) => void settled.push(isWritten));
  }
  const ended = { conversation: { ...conversation, rev: conversation.rev + 1 }, messages: [messageOf({})] };
  expect(await gathered.write(ended)).toBeNull();
  expect(requests).toEqual([[{ conversation: other, messages: [] }, ended]]);
  expect(settled).toEqual([true, true]);
});

test("a request carries no more text than one conversation may have", async () => {
  const { add, requests } = start();
  const long = messageOf({ text: "x".repeat(900_000) });
  await Promise.all([add("a", [long]), add("b", [long]), add("c", [long]), add("d")]);
  expect(requests).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
});

test("what a model thought weighs as much as what it said", async () => {
  const { add, requests } = start();
  const thought = { part: 1, text: "x".repeat(900_000) };
  const long = messageOf({ text: "so", parts: [{ op: { type: "part", part: 1, kind: "reasoning" } }, thought] });
  await Promise.all([add("a", [long]), add("b", [long]), add("c", [long])]);
  expect(requests).toEqual([["a", "b"], ["c"]]);
});

test("Postgres away: each of a request is told so, once", async () => {
  const { add, requests } = start(() => away);
  expect(await Promise.all([add("a"), add("b")])).toEqual([away, away]);
  expect(requests).toEqual([["a", "b"]]);
});

test("one that Postgres refuses as data takes no other with it: each is written alone (promise 10)", async () => {
  const { add, requests } = start((titles) => (titles.includes("bad") ? data : null));
  expect(await Promise.all([add("a"), add("bad"), add("b")])).toEqual([null, data, null]);
  expect(requests).toEqual([["a", "bad", "b"], ["a"], ["bad"], ["b"]]);
});

test("away for one request is away for the next: nobody waits for a second timeout (promise 15)", async () => {
  const { add, requests } = start(() => away);
  const failures = await Promise.all(Array.from({ length: 60 }, (_, row) => add(`${row}`)));
  expect(failures.every((failure) => failure === away)).toBe(true);
  expect(requests).toHaveLength(1);
});

/** Time that goes by whenever nobody can do anything before it does; of timers the first few never fire. */
const startDying = (dead: number, write: (payments: Payment[]) => Promise<WriteFailure | null>) => {
  let now = 1_000;
  let begun = 0;
  const due: { at: number; run: () => void }[] = [];
  const after = (ms: number, run: () => void) => {
    if (begun++ >= dead) due.push({ at: now + ms, run });
  };
  const sleep = (ms: number) => new Promise<void>((resolve) => due.push({ at: now + ms, run: resolve }));
  const gathered = createGatheredWrites(write, { now: () => now, after, sleep });
  const run = async () => {
    for (let turn = 0; turn < 1_000 && due.length > 0; turn++) {
      const [next] = due.sort((a, b) => a.at - b.at).splice(0, 1);
      now = next?.at ?? now;
      next?.run();
      await scheduler.wait(0);
    }
    return now - 1_000;
  };
  return { gathered, run };
};

test("whoever began the moment died before it was over: those who joined it are written soon all the same", async () => {
  const requests: number[] = [];
  const { gathered, run } = startDying(1, (payments) => {
    requests.push(payments.length);
    return Promise.resolve(null);
  });
  const outcomes = Promise.all([0, 1, 2].map(() => gathered.write({ conversation: conversationOf(), messages: [] })));
  expect(await run()).toBeLessThan(1_000);
  expect(await outcomes).toEqual([null, null, null]);
  expect(requests).toEqual([3]);
});

test("whoever wrote for the others died meanwhile: each writes for itself, once, and is told what came of it", async () => {
  const requests: number[] = [];
  const { gathered, run } = startDying(0, (payments) => {
    requests.push(payments.length);
    return payments.length > 1 ? new Promise(() => undefined) : Promise.resolve(data);
  });
  const outcomes = Promise.all([0, 1].map(() => gathered.write({ conversation: conversationOf(), messages: [] })));
  expect(await run()).toBeLessThan(20_000);
  expect(await outcomes).toEqual([data, data]);
  expect(requests).toEqual([2, 1, 1]);
});

test("answers that are written together are each whole in Postgres, beside one that is refused", async () => {
  const writer = createOutboxWriter(createDatabase({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT }));
  const owners = [newId(), newId()];
  const all = Array.from({ length: 6 }, (_, at) => {
    const conversation = conversationOf({ ownerId: owners[at % 2] ?? "", rev: 3 });
    const answer = messageOf({ text: at === 4 ? "refused\0" : `answer ${at}`, rev: 3 });
    return { conversation, answer };
  });
  const failures = await Promise.all(
    all.map(({ conversation, answer }) => writer.writeTogether(conversation, [answer])),
  );
  expect(failures.map((failure) => failure?.kind ?? null)).toEqual([null, null, null, null, "data", null]);
  const database = createDatabase({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT });
  for (const [at, { conversation }] of all.entries()) {
    const rows = await database.select().from(messages).where(eq(messages.conversationId, conversation.id));
    expect(rows.map(({ text, ownerId }) => [text, ownerId])).toEqual(
      at === 4 ? [] : [[`answer ${at}`, conversation.ownerId]],
    );
  }
});

test("what is gathered is in Postgres, each for its own owner, and an older revision changes nothing", async () => {
  const database = createDatabase({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT });
  const writer = createOutboxWriter(database);
  const [ann, bob] = [newId(), newId()];
  const known = conversationOf({ ownerId: ann, rev: 5, title: "newer" });
  await writer.write(known, []);
  const settled: boolean[] = [];
  for (const row of [
    conversationOf({ ownerId: bob }),
    conversationOf({ ownerId: ann }),
    { ...known, rev: 4, title: "older" },
  ]) {
    writer.list(row, (isWritten) => void settled.push(isWritten));
  }
  const titlesOf = async (owner: string) => {
    const items = await listConversations(database, owner, 10, null);
    return items.map(({ title }) => title).sort();
  };
  await expect.poll(() => titlesOf(ann), { timeout: 5_000 }).toEqual(["a title", "newer"]);
  expect(await titlesOf(bob)).toEqual(["a title"]);
  expect(settled).toEqual([true, true, true]);
});

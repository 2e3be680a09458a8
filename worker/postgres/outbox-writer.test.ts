import { env } from "cloudflare:workers";
import { and, eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { newId } from "../../dev/api-client.ts";
import { createDatabase } from "./client.ts";
import { listConversations } from "./conversations.ts";
import { createOutboxWriter } from "./outbox-writer.ts";
import { conversations, messages, usage } from "./schema.ts";
import { conversationOf, messageOf } from "./test-rows.ts";

const database = createDatabase({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT });
const writer = createOutboxWriter(database);

const rowsOf = (id: string) => database.select().from(messages).where(eq(messages.conversationId, id));
const titleOf = async (id: string) =>
  (await database.select().from(conversations).where(eq(conversations.id, id)))[0]?.title;

test("what is owed is written once however often it is sent, and in any order of revisions (promise 10)", async () => {
  const conversation = conversationOf({ rev: 5, title: "newer" });
  const message = messageOf({ rev: 5, text: "newer" });
  const older = [
    { ...conversation, rev: 4, title: "older" },
    { ...message, rev: 4, text: "older" },
  ] as const;
  expect(await writer.write(conversation, [message])).toBeNull();
  expect(await writer.write(conversation, [message])).toBeNull();
  expect(await writer.write(older[0], [older[1]])).toBeNull();
  expect(await titleOf(conversation.id)).toBe("newer");
  expect((await rowsOf(conversation.id)).map(({ text }) => text)).toEqual(["newer"]);
});

test("parts, usage and times come back as they went", async () => {
  const conversation = conversationOf();
  const parts = [
    { op: { type: "part" as const, part: 1, kind: "reasoning" } },
    { part: 1, text: "hm \u2028" },
    { part: 0, text: "yes" },
  ];
  const generationId = newId();
  const owed = {
    generationId,
    model: "m",
    inputTokens: 3,
    outputTokens: 4,
    costUsd: 0.25,
    cached: false,
    createdAt: 1_234,
  };
  await writer.write(conversation, [messageOf({ parts, generationId, usages: [owed] })]);
  expect((await rowsOf(conversation.id))[0]).toMatchObject({ parts, createdAt: new Date(1_000) });
  const [row] = await database.select().from(usage).where(eq(usage.generationId, generationId));
  expect(row).toEqual({
    ...owed,
    ownerId: conversation.ownerId,
    conversationId: conversation.id,
    createdAt: new Date(1_234),
  });
});

test("a reused id does not touch a stranger's conversation or its messages (promise 13)", async () => {
  const mine = conversationOf({ title: "mine" });
  const message = messageOf({ text: "mine" });
  await writer.write(mine, [message]);
  const theirs = { ...mine, ownerId: newId(), rev: 99, title: "theirs" };
  const failure = await writer.write(theirs, [{ ...message, rev: 99, text: "theirs" }]);
  expect(failure === null || failure.kind === "data").toBe(true);
  const added = await writer.write(theirs, [messageOf({ rev: 99 })]);
  expect(added).toMatchObject({ kind: "data", summary: expect.stringContaining("23503") });
  expect(await titleOf(mine.id)).toBe("mine");
  expect((await rowsOf(mine.id)).map(({ text, ownerId }) => [text, ownerId])).toEqual([["mine", mine.ownerId]]);
});

test("what was deleted stays deleted, whatever comes late", async () => {
  const conversation = conversationOf();
  await writer.write(conversation, [messageOf()]);
  expect(await writer.remove(conversation.id, conversation.ownerId, 3_000)).toBeNull();
  expect(await writer.remove(conversation.id, conversation.ownerId, 3_000)).toBeNull();
  await writer.write({ ...conversation, rev: 100 }, [messageOf({ rev: 100 })]);
  await writer.write({ ...conversation, rev: 100 }, []);
  expect(await titleOf(conversation.id)).toBeUndefined();
  expect(await rowsOf(conversation.id)).toEqual([]);
});

test("a row that Postgres refuses as data says so, in words without data (promise 10)", async () => {
  const refused = await writer.write(conversationOf(), [messageOf({ text: "secret\0" })]);
  expect(refused?.kind).toBe("data");
  expect(refused?.summary).toContain("22021");
  expect(JSON.stringify(refused)).not.toContain("secret");
});

test("a database that does not answer is away, not refusing (promises 10, 15)", async () => {
  const away = createOutboxWriter(createDatabase({ url: env.DATABASE_URL, fetchEndpoint: "http://127.0.0.1:1/sql" }));
  try {
    expect(await away.write(conversationOf(), [messageOf()])).toMatchObject({ kind: "away" });
  } finally {
    createDatabase({ url: env.DATABASE_URL, fetchEndpoint: env.NEON_FETCH_ENDPOINT });
  }
});

test("the largest texts and the wildest characters go in (promise 10)", async () => {
  const conversation = conversationOf();
  const wild = "\u0001\u0007\u001f\u007f\u0085\u2028\ufeff\ufffe\uffff👩‍👩‍👧\u{10ffff}'\"\\%_$1;--";
  const unique = Array.from({ length: 20_000 }, (_, index) => `wörd${index.toString(36)}`).join(" ");
  const texts = ["x".repeat(1_048_576), wild, unique, `${"長".repeat(300_000)}`, ""];
  for (const [index, text] of texts.entries()) {
    expect(await writer.write(conversation, [messageOf({ seq: index, text })])).toBeNull();
  }
  const rows = await database
    .select()
    .from(messages)
    .where(and(eq(messages.conversationId, conversation.id)));
  expect(rows.sort((a, b) => a.seq - b.seq).map(({ text }) => text)).toEqual(texts);
});

test("the list is one owner's, newest first, by keyset even where times are equal (promise 13)", async () => {
  const ownerId = newId();
  const ids = Array.from({ length: 5 }, () => newId()).sort();
  for (const id of ids) await writer.write(conversationOf({ id, ownerId, updatedAt: 7_000 }), []);
  await writer.write(conversationOf({ updatedAt: 9_000 }), []);
  const seen: string[] = [];
  for (let after: { updatedAt: Date; id: string } | null = null; ;) {
    const page = await listConversations(database, ownerId, 2, after);
    seen.push(...page.map(({ id }) => id));
    const last = page.at(-1);
    if (last === undefined) break;
    after = { updatedAt: new Date(last.updatedAt), id: last.id };
  }
  expect(seen).toEqual([...ids].reverse());
});

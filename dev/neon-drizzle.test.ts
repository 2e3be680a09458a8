// Real drizzle over the real driver and the gateway: what the Worker's queries are made of.

import { and, eq, inArray, lt, sql as raw } from "drizzle-orm";
import { drizzle } from "drizzle-orm/neon-http";
import { bigint, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { beforeAll, expect, test } from "vitest";
import { describeEngines } from "./neon-fixture.ts";

type Part = { kind: string; text: string };

const note = pgTable(
  "note",
  {
    book: uuid().notNull(),
    id: uuid().notNull(),
    rev: integer().notNull(),
    body: text().notNull(),
    parts: jsonb().$type<Part[]>(),
    size: bigint({ mode: "number" }).notNull().default(0),
    tags: text().array().notNull().default([]),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.book, table.id] })],
);

const book = "018f4a3b-7c2d-7e1f-8a9b-000000000000";
const idOf = (n: number) => `018f4a3b-7c2d-7e1f-8a9b-00000000000${n}`;
const at = new Date("2024-02-29T21:59:59.123Z");

function noteOf(n: number, rev = 1): typeof note.$inferInsert & typeof note.$inferSelect {
  const parts = [{ kind: "reasoning", text: `«${n}» 🌍` }];
  return { book, id: idOf(n), rev, body: `note ${n}`, parts, size: n * 2 ** 40, tags: ["a,b", 'c"'], at };
}

describeEngines(({ sql }) => {
  const db = () => drizzle({ client: sql() });

  beforeAll(async () => {
    await sql()`CREATE TABLE note (book uuid, id uuid, rev int NOT NULL, body text NOT NULL, parts jsonb,
      size bigint NOT NULL, tags text[] NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (book, id))`;
  });

  test("rows come back as they were inserted", async () => {
    expect(
      await db()
        .insert(note)
        .values([noteOf(1), noteOf(2)])
        .returning(),
    ).toEqual([noteOf(1), noteOf(2)]);
    const empty = { ...noteOf(3), parts: null, tags: [] };
    await db().insert(note).values(empty);
    expect(
      await db()
        .select()
        .from(note)
        .where(eq(note.id, idOf(3))),
    ).toEqual([empty]);
    const found = await db()
      .select({ id: note.id, n: raw<number>`count(*) OVER ()::int` })
      .from(note);
    expect(found.map(({ n }) => n)).toEqual([3, 3, 3]);
  });

  test("an upsert guarded by its revision changes only what is older", async () => {
    const upsert = (row: typeof note.$inferInsert) =>
      db()
        .insert(note)
        .values(row)
        .onConflictDoUpdate({
          target: [note.book, note.id],
          set: { rev: row.rev, body: row.body },
          setWhere: lt(note.rev, row.rev),
        });
    const newer = await upsert({ ...noteOf(1, 5), body: "newer" });
    const older = await upsert({ ...noteOf(1, 4), body: "older" });
    expect([newer.rowCount, older.rowCount]).toEqual([1, 0]);
    const [row] = await db()
      .select()
      .from(note)
      .where(eq(note.id, idOf(1)));
    expect(row).toMatchObject({ rev: 5, body: "newer" });
  });

  test("a batch answers each query in its own shape, in one transaction", async () => {
    const [inserted, updated, rows, counted] = await db().batch([
      db().insert(note).values(noteOf(4)).returning({ id: note.id }),
      db()
        .update(note)
        .set({ body: "changed" })
        .where(eq(note.id, idOf(4))),
      db()
        .select()
        .from(note)
        .where(and(eq(note.book, book), inArray(note.id, [idOf(4)]))),
      db().execute(raw`SELECT count(*)::int AS n FROM note`),
    ]);
    expect(inserted).toEqual([{ id: idOf(4) }]);
    expect(updated.rowCount).toBe(1);
    expect(rows).toEqual([{ ...noteOf(4), body: "changed" }]);
    expect(counted.rowCount).toBe(1);
  });

  test("a failed batch leaves nothing, and its error names the constraint", async () => {
    const failed = db().batch([
      db().delete(note),
      db()
        .insert(note)
        .values([noteOf(5), noteOf(5)]),
    ]);
    await expect(failed).rejects.toMatchObject({ code: "23505", table: "note", constraint: "note_pkey" });
    const single = db().insert(note).values(noteOf(4)).execute();
    await expect(single).rejects.toMatchObject({ cause: { code: "23505", constraint: "note_pkey" } });
    expect(await db().$count(note)).toBe(4);
  });
});

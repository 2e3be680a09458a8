// Migrations over both engines: in drizzle's own record, whole or not at all, and by two processes at once.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/neon-http";
import { migrate as drizzleMigrate } from "drizzle-orm/neon-http/migrator";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { migrate } from "./migrate.ts";
import { describeEngines } from "./neon-fixture.ts";

const first = "CREATE TABLE book (id int PRIMARY KEY);\n--> statement-breakpoint\nINSERT INTO book VALUES (1);";
const second = "ALTER TABLE book ADD COLUMN title text;";
const broken = "CREATE TABLE page (id int);\n--> statement-breakpoint\nALTER TABLE nowhere ADD COLUMN x int;";

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "brink-migrations-"));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

/** A folder as drizzle-kit leaves it, with these migrations in their order. */
async function folderOf(...files: string[]): Promise<string> {
  const folder = await mkdtemp(join(parent, "folder-"));
  await mkdir(join(folder, "meta"));
  const entries = files.map((_, idx) => ({
    idx,
    version: "7",
    when: 1_700_000_000_000 + idx,
    tag: `000${idx}_x`,
    breakpoints: true,
  }));
  const journal = { version: "7", dialect: "postgresql", entries };
  await writeFile(join(folder, "meta", "_journal.json"), JSON.stringify(journal));
  await Promise.all(files.map((file, idx) => writeFile(join(folder, `000${idx}_x.sql`), file)));
  return folder;
}

describeEngines(({ gateway, sql }) => {
  beforeEach(async () => {
    await sql()`DROP TABLE IF EXISTS book, page`;
    await sql()`DROP SCHEMA IF EXISTS drizzle CASCADE`;
  });
  const record = () => sql()`SELECT id, hash, created_at FROM drizzle.__drizzle_migrations ORDER BY id`;

  test("what is pending is applied in order, and once", async () => {
    await migrate(gateway(), await folderOf(first));
    expect(await sql()`SELECT * FROM book`).toEqual([{ id: 1 }]);
    const both = await folderOf(first, second);
    await migrate(gateway(), both);
    await migrate(gateway(), both);
    expect(await sql()`SELECT * FROM book`).toEqual([{ id: 1, title: null }]);
    expect((await record()).map((row) => row["created_at"])).toEqual(["1700000000000", "1700000000001"]);
  });

  test("drizzle's own migrator and this one agree about a database, whoever came first", async () => {
    const folder = await folderOf(first, second);
    await migrate(gateway(), folder);
    const ours = await record();
    await drizzleMigrate(drizzle({ client: sql() }), { migrationsFolder: folder });
    expect(await record()).toEqual(ours);

    await sql()`DROP TABLE book`;
    await sql()`DROP SCHEMA drizzle CASCADE`;
    await drizzleMigrate(drizzle({ client: sql() }), { migrationsFolder: folder });
    expect(await record()).toEqual(ours);
    await migrate(gateway(), folder);
    expect(await record()).toEqual(ours);
  });

  test("a migration that is refused takes all that was pending with it", async () => {
    await expect(migrate(gateway(), await folderOf(first, second, broken))).rejects.toMatchObject({ code: "42P01" });
    expect(await record()).toEqual([]);
    expect(await sql()`SELECT to_regclass('book') AS book, to_regclass('page') AS page`).toEqual([
      { book: null, page: null },
    ]);
    await migrate(gateway(), await folderOf(first, second));
    expect(await record()).toHaveLength(2);
  });

  test("many who migrate at once apply each migration once", async () => {
    const folders = [await folderOf(first), await folderOf(first, second)];
    const all = Array.from({ length: 8 }, (_, index) => migrate(gateway(), folders[index % 2] ?? ""));
    await Promise.all(all);
    expect((await record()).map((row) => row["created_at"])).toEqual(["1700000000000", "1700000000001"]);
    expect(await sql()`SELECT * FROM book`).toEqual([{ id: 1, title: null }]);
  });

  test("a folder without a journal is an error, not an empty database", async () => {
    await expect(migrate(gateway(), join(parent, "nowhere"))).rejects.toThrow("_journal.json");
  });
});

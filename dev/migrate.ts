// Applies the migrations that drizzle-kit generated, through the gateway, and keeps drizzle's own record of them, so that
// `drizzle-kit migrate` and this function agree about any database. All that is pending is one transaction.

import { NeonDbError } from "@neondatabase/serverless";
import { type MigrationMeta, readMigrationFiles } from "drizzle-orm/migrator";
import { connect } from "./neon-connect.ts";
import type { NeonGateway } from "./neon-gateway.ts";

// Any number will do, as long as all who migrate take the same; these are the bytes of "brink".
const LOCK = "SELECT pg_advisory_xact_lock(422826307179)";
const OVERTAKEN = "BK001"; // An SQLSTATE of our own: another process migrated between our look and our lock.

type Sql = ReturnType<typeof connect>;

/**
 * Brings the database up to `folder`; safe while other processes do the same. Throws Postgres's error where a migration
 * is refused, and then nothing of what was pending has been applied.
 */
export async function migrate(gateway: NeonGateway, folder: string): Promise<void> {
  const sql = connect(gateway);
  const migrations = readMigrationFiles({ migrationsFolder: folder });
  let last = await readLast(sql);
  for (;;) {
    const pending = migrations.filter((migration) => last === null || migration.folderMillis > last);
    if (pending.length === 0) return;
    try {
      return await apply(sql, pending, last);
    } catch (error) {
      if (!(error instanceof NeonDbError && error.code === OVERTAKEN)) throw error;
      last = await readLast(sql);
    }
  }
}

/** When the newest migration applied here was generated, which is drizzle's own measure; null where none was. */
async function readLast(sql: Sql): Promise<number | null> {
  // Under the lock too: IF NOT EXISTS is no protection against somebody who creates the same at the same time.
  const results = await sql.transaction([
    sql.query(LOCK),
    sql.query(`CREATE SCHEMA IF NOT EXISTS "drizzle"`),
    sql.query(
      `CREATE TABLE IF NOT EXISTS "drizzle"."__drizzle_migrations" (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)`,
    ),
    sql.query(`SELECT max(created_at) AS last FROM "drizzle"."__drizzle_migrations"`),
  ]);
  const last = results.at(-1)?.[0]?.["last"];
  return typeof last === "string" ? Number(last) : null;
}

async function apply(sql: Sql, pending: readonly MigrationMeta[], last: number | null): Promise<void> {
  const steps = pending.flatMap(({ sql: statements, hash, folderMillis }) => [
    ...statements.map((statement) => sql.query(statement)),
    sql.query(`INSERT INTO "drizzle"."__drizzle_migrations" ("hash", "created_at") VALUES ($1, $2)`, [
      hash,
      folderMillis,
    ]),
  ]);
  await sql.transaction([sql.query(LOCK), sql.query(stillAt(last)), ...steps]);
}

/** Fails the transaction where the newest migration is not the one that we saw. */
function stillAt(last: number | null): string {
  return `DO $$ BEGIN
    IF (SELECT max(created_at) FROM "drizzle"."__drizzle_migrations") IS DISTINCT FROM ${last ?? "NULL::bigint"} THEN
      RAISE EXCEPTION 'another process migrated this database' USING ERRCODE = '${OVERTAKEN}';
    END IF;
  END $$`;
}

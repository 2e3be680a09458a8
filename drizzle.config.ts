// drizzle-kit: `npm run db:generate` writes migrations/ from the schema, `npm run db:migrate` applies them to the
// database that DATABASE_URL names. At home neither is needed: `npm start` applies what is pending.

import { defineConfig } from "drizzle-kit";

const url = process.env["DATABASE_URL"] ?? "";

// Only what talks to a database asks for one: generating compares files.
if (url === "" && process.argv.includes("migrate")) {
  throw new Error("DATABASE_URL is not set: name the database to migrate, postgres://user:password@host/database.");
}

export default defineConfig({
  dialect: "postgresql",
  schema: "./worker/postgres/schema.ts",
  out: "./migrations",
  dbCredentials: { url },
});

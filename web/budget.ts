// Weighs the built web app: `node web/budget.ts DIST_DIR`. Prints what a first visit costs and exits 1 when it is too
// much, so that a dependency cannot slip in unseen.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Before anything can be typed: the entry and what it imports at once. */
const INITIAL_BYTES = 45_000;
/** Before a first answer stands formatted: every script but what only formulas need. */
const ANSWER_BYTES = 90_000;
/** Before a first formula stands as one, and never fetched where there is none. */
const FORMULA_BYTES = 65_000;

type Weight = { name: string; bytes: number };

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  process.stderr.write("usage: node web/budget.ts DIST_DIR\n");
  process.exit(2);
}

const page = readFileSync(join(directory, "index.html"), "utf8");
const scripts = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
const named = [...page.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)].map(([, name = ""]) => name);
const initial = withStaticImports(named);

const isFormulas = (name: string) => /\btypeset-/.test(name);

const isWithin = [
  report("initial", initial, INITIAL_BYTES),
  report(
    "a first answer",
    scripts.filter((name) => !isFormulas(name)),
    ANSWER_BYTES,
  ),
  report("a first formula", scripts.filter(isFormulas), FORMULA_BYTES),
].every(Boolean);
process.exit(isWithin ? 0 : 1);

/** These scripts and what they import without being asked: `import "./x.js"` or `from "./x.js"`, never `import(…)`. */
function withStaticImports(names: readonly string[]): string[] {
  const found = new Set(names);
  for (const name of found) {
    const source = readFileSync(join(directory ?? "", name), "utf8");
    for (const [, file = ""] of source.matchAll(/(?:\bfrom|\bimport)\s*["']\.\/([^"']+\.js)["']/g)) {
      found.add(join(name, "..", file));
    }
  }
  return [...found];
}

function report(title: string, names: readonly string[], limit: number): boolean {
  const weights = names.map((name): Weight => ({ name, bytes: weigh(name) })).toSorted((a, b) => b.bytes - a.bytes);
  const total = weights.reduce((sum, { bytes }) => sum + bytes, 0);
  const verdict = total <= limit ? "within" : "OVER";
  process.stdout.write(`${title}: ${kilobytes(total)} gzipped, ${verdict} ${kilobytes(limit)}\n`);
  for (const { name, bytes } of weights) process.stdout.write(`  ${kilobytes(bytes).padStart(8)}  ${name}\n`);
  return total <= limit;
}

function weigh(name: string): number {
  return gzipSync(readFileSync(join(directory ?? "", name)), { level: 9 }).length;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}

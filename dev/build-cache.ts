// Where builds are kept: one folder per hash of the sources. The newest few stay, and every one that a living process
// uses: workerd reads assets from there as they are asked for.

import { createHash } from "node:crypto";
import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join, relative, sep } from "node:path";
import { startTimeOf } from "./processes.ts";

const KEPT_BUILDS = 4;
const DRAFT_MS = 60 * 60_000; // A draft this old was left by a start that was killed while it built.
const USERS = ".users";

/** Changes with every byte, name and absence among the sources, tests aside, and with the recipe that builds them. */
export function hashSources(root: string, sources: readonly string[], recipe: string): string {
  const hash = createHash("sha256").update(readFileSync(recipe));
  for (const path of sources.flatMap((source) => filesUnder(join(root, source))).sort()) {
    const bytes = readFileSync(path);
    hash.update(`${relative(root, path).split(sep).join("/")}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex").slice(0, 32);
}

function filesUnder(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes(`${sep}node_modules${sep}`));
}

/** Whether the build is there; if so, this process is noted as its user and it counts as new. */
export function useBuild(dir: string): boolean {
  if (!existsSync(join(dir, "worker.json"))) return false;
  mkdirSync(join(dir, USERS), { recursive: true });
  writeFileSync(join(dir, USERS, String(process.pid)), startTimeOf(process.pid) ?? "");
  utimesSync(dir, new Date(), new Date());
  return existsSync(join(dir, "worker.json"));
}

export function pruneBuilds(cacheDir: string, current: string): void {
  const builds = globSync(join(cacheDir, "*"))
    .map((dir) => ({ dir, changedAt: statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.changedAt - a.changedAt);
  const isDraft = (dir: string) => relative(cacheDir, dir).startsWith("draft-");
  const old = builds.filter(({ dir }) => !isDraft(dir)).slice(KEPT_BUILDS);
  const left = builds.filter(({ dir, changedAt }) => isDraft(dir) && changedAt < Date.now() - DRAFT_MS);
  for (const { dir } of [...old, ...left]) {
    if (dir === current || isUsed(dir)) continue;
    // Under another name first: nobody finds a build that is half removed.
    const aside = join(cacheDir, `draft-old-${process.pid}-${relative(cacheDir, dir)}`);
    try {
      renameSync(dir, aside);
    } catch {
      continue; // Another start was quicker.
    }
    rmSync(aside, { recursive: true, force: true });
  }
}

function isUsed(dir: string): boolean {
  return globSync(join(dir, USERS, "*")).some((path) => {
    const pid = Number(relative(join(dir, USERS), path));
    const startTime = startTimeOf(pid);
    return startTime !== undefined && startTime === readFileSync(path, "utf8");
  });
}

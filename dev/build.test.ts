import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { hashSources, pruneBuilds, useBuild } from "./build-cache.ts";
import { buildBrink } from "./build.ts";
import { startTimeOf } from "./processes.ts";

const signal = new AbortController().signal;

function temporary(): string {
  const dir = mkdtempSync(join(tmpdir(), "brink-build-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function standIn(): string {
  const root = temporary();
  cpSync(join(import.meta.dirname, "fixtures", "stand-in"), root, { recursive: true });
  return root;
}

test("a build is made once for the same sources, and again when one changes", async () => {
  const [root, cacheDir] = [standIn(), temporary()];
  let builds = 0;
  const build = () => buildBrink({ root, cacheDir, signal, onBuilding: () => (builds += 1) });
  const first = await build();
  expect(await build()).toEqual(first);
  expect(builds).toBe(1);
  expect(readdirSync(join(first.dir, "web")).sort()).toEqual(["_headers", "assets", "index.html"]);
  expect(readFileSync(join(first.dir, "worker", "index.js"), "utf8")).toContain("the Worker knows no such path");

  writeFileSync(join(root, "web", "index.html"), "<!doctype html>changed");
  const second = await build();
  expect(second.dir).not.toBe(first.dir);
  expect(builds).toBe(2);
});

test("sources that change while they are built are not found again under the hash that they had", async () => {
  const [root, cacheDir] = [standIn(), temporary()];
  const page = join(root, "web", "index.html");
  const before = readFileSync(page);
  const mixed = await buildBrink({ root, cacheDir, signal, onBuilding: () => writeFileSync(page, "meanwhile") });
  writeFileSync(page, before);
  const clean = await buildBrink({ root, cacheDir, signal });
  expect(clean.dir).not.toBe(mixed.dir);
  expect(readFileSync(join(clean.dir, "web", "index.html"))).toEqual(before);
});

test("two starts that build the same sources at the same moment both get the one build", async () => {
  const [root, cacheDir] = [standIn(), temporary()];
  const [first, second] = await Promise.all([
    buildBrink({ root, cacheDir, signal }),
    buildBrink({ root, cacheDir, signal }),
  ]);
  expect(first).toEqual(second);
  expect(readdirSync(cacheDir)).toHaveLength(1);
});

test("sources that do not build are refused with what the tool said, and leave nothing behind", async () => {
  const [root, cacheDir] = [standIn(), temporary()];
  writeFileSync(join(root, "worker", "index.js"), "export default {");
  await expect(buildBrink({ root, cacheDir, signal })).rejects.toMatchObject({
    message: "Building the Worker failed.",
    details: expect.stringContaining("index.js:1:16"),
  });
  expect(readdirSync(cacheDir)).toEqual([]);
});

test("the web app is built by the command of wrangler.toml, into the folder that it is told, for production", async () => {
  const [root, cacheDir] = [standIn(), temporary()];
  const command = `mkdir "$BRINK_WEB_OUT" && echo built for $NODE_ENV > "$BRINK_WEB_OUT/index.html"`;
  writeFileSync(join(root, "wrangler.toml"), `\n[build]\ncommand = '${command}'\n`, { flag: "a" });
  const { dir } = await buildBrink({ root, cacheDir, signal });
  expect(readFileSync(join(dir, "web", "index.html"), "utf8")).toBe("built for production\n");
});

test("the app of a deploy is the same, whatever NODE_ENV its builder has", () => {
  const built = ["test", "production"].map((nodeEnv) => {
    const out = temporary();
    const env = { ...process.env, NODE_ENV: nodeEnv, BRINK_WEB_OUT: out };
    execFileSync("npm", ["run", "--silent", "build:web"], { cwd: join(import.meta.dirname, ".."), env });
    // Their names hold the hashes of their contents.
    return readdirSync(join(out, "assets")).sort();
  });
  expect(built[0]).toEqual(built[1]);
  expect(built[0]).not.toEqual([]);
});

test("a build that is given up ends its tools", async () => {
  const [root, cacheDir] = [standIn(), temporary()];
  const started = join(root, "started");
  writeFileSync(join(root, "wrangler.toml"), `\n[build]\ncommand = "echo $$ > ${started}; sleep 1000"\n`, {
    flag: "a",
  });
  const stopping = new AbortController();
  const building = buildBrink({ root, cacheDir, signal: stopping.signal });
  building.catch(() => undefined); // It is awaited below; until then a rejection is no accident.
  await expect.poll(() => existsSync(started) && readFileSync(started, "utf8").endsWith("\n")).toBe(true);
  stopping.abort();
  await expect(building).rejects.toThrow("This operation was aborted");
  expect(startTimeOf(Number(readFileSync(started, "utf8")))).toBeUndefined();
});

test("the hash tells contents, names and absences apart, and does not look at tests", () => {
  const root = temporary();
  const recipe = join(root, "recipe");
  writeFileSync(recipe, "1");
  const hash = () => hashSources(root, ["a", "b", "absent"], recipe);
  const seen = new Set([hash()]);
  const isNew = () => seen.size < seen.add(hash()).size;
  writeFileSync(join(root, "a"), "one");
  expect(isNew()).toBe(true);
  writeFileSync(join(root, "a"), "two");
  expect(isNew()).toBe(true);
  cpSync(join(import.meta.dirname, "fixtures"), join(root, "b"), { recursive: true });
  expect(isNew()).toBe(true);
  writeFileSync(join(root, "b", "some.test.ts"), "");
  expect(isNew()).toBe(false);
  writeFileSync(join(root, "b", "some.ts"), "");
  expect(isNew()).toBe(true);
  writeFileSync(recipe, "2");
  expect(isNew()).toBe(true);
});

test("only the newest builds are kept, and whichever a living process uses", () => {
  const cacheDir = temporary();
  const ages = [1, 2, 3, 4, 5, 6, 7];
  for (const age of ages) {
    const dir = join(cacheDir, `build-${age}`);
    cpSync(join(import.meta.dirname, "fixtures"), dir, { recursive: true });
    writeFileSync(join(dir, "worker.json"), "{}");
    if (age === 6) expect(useBuild(dir)).toBe(true);
    utimesSync(dir, Date.now() / 1000 - age * 60, Date.now() / 1000 - age * 60);
  }
  pruneBuilds(cacheDir, join(cacheDir, "build-7"));
  expect(readdirSync(cacheDir).sort()).toEqual(["build-1", "build-2", "build-3", "build-4", "build-6", "build-7"]);
});

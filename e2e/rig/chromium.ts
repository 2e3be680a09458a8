// A real Chromium from the lock file, so that a clean clone needs no browser: unpacked once into node_modules/.cache.
// CHROMIUM_PATH names another. Where a library is missing on the machine the package's own copies are used.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const CACHE = join(import.meta.dirname, "..", "..", "node_modules", ".cache");
// The package's own arguments bring --single-process, with which a closed page ends the browser, and turn off the web's
// security, which is half of what is tested here.
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];

export async function launchChromium(): Promise<Browser> {
  const given = process.env["CHROMIUM_PATH"];
  if (given !== undefined && given !== "") return chromium.launch({ executablePath: given, args: ARGS });
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error("The Chromium of the lock file runs on Linux x64 alone: set CHROMIUM_PATH to another.");
  }
  const dir = await unpack();
  const executablePath = join(dir, "chromium");
  const env = { ...process.env, ...libraryPath(dir, executablePath), ...fontPath(dir) };
  return chromium.launch({ executablePath, args: ARGS, env });
}

/** Whole or not at all: a run that was killed while it unpacked must not leave half a browser for the next. */
async function unpack(): Promise<string> {
  const packageDir = join(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "..");
  const { version }: { version: string } = createRequire(import.meta.url)(join(packageDir, "package.json"));
  const dir = join(CACHE, `brink-chromium-${version}`);
  if (existsSync(dir)) return dir;
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(join(CACHE, "brink-chromium-draft-"));
  const { inflate } = await import("@sparticuz/chromium");
  const temporary = process.env["TMPDIR"];
  // Where the package unpacks to is nothing that it can be told otherwise.
  process.env["TMPDIR"] = draft;
  try {
    const parts = ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"];
    await Promise.all(parts.map((part) => inflate(join(packageDir, "bin", part))));
    // The package's own looks for its fonts in /tmp.
    const fonts = `<fontconfig><dir>${join(dir, "fonts")}</dir><cachedir>${join(dir, "fonts-cache")}</cachedir></fontconfig>`;
    writeFileSync(join(draft, "fonts", "fonts.conf"), `<?xml version="1.0"?>\n${fonts}\n`);
    if (!existsSync(dir)) renameSync(draft, dir);
    return dir;
  } finally {
    if (temporary === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = temporary;
    rmSync(draft, { recursive: true, force: true });
  }
}

function libraryPath(dir: string, executable: string): Record<string, string> {
  if (missingLibraries(executable, process.env).length === 0) return {};
  const env = {
    LD_LIBRARY_PATH: [join(dir, "al2023", "lib"), process.env["LD_LIBRARY_PATH"]].filter(Boolean).join(":"),
  };
  const missing = missingLibraries(executable, { ...process.env, ...env });
  if (missing.length === 0) return env;
  throw new Error(`Chromium needs libraries that this machine has not: ${missing.join(", ")}. Or set CHROMIUM_PATH.`);
}

function missingLibraries(executable: string, env: NodeJS.ProcessEnv): string[] {
  try {
    const needed = execFileSync("ldd", [executable], { encoding: "utf8", env, stdio: ["ignore", "pipe", "ignore"] });
    return [...needed.matchAll(/^\s*(\S+) => not found/gm)].map(([, name = ""]) => name);
  } catch {
    return []; // No ldd here: the launch will say what is wrong.
  }
}

/** A machine without fonts draws boxes. */
function fontPath(dir: string): Record<string, string> {
  return existsSync("/etc/fonts/fonts.conf") ? {} : { FONTCONFIG_PATH: join(dir, "fonts") };
}

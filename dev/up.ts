// `npm start` and `npm run dev`: reads the command line and the variables, starts the stack, says where it is, and stops
// it on a signal with exit code 0. Whatever is wrong is one sentence on stderr and another code.

import { join } from "node:path";
import { parseOptions, USAGE } from "./options.ts";
import { describeStack } from "./summary.ts";
import { reasonOf, StartError } from "./start-error.ts";
import { readVariables } from "./variables.ts";

const STOP_MS = 8_000; // npm's caller was promised ten seconds.
const HURRY_MS = 1_000; // Control-C in a terminal reaches us twice at once: from the terminal, and by way of npm.

const root = join(import.meta.dirname, "..");
const stopping = new AbortController();
let stoppingSince = 0;

for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  process.on(name, () => {
    if (stopping.signal.aborted && performance.now() - stoppingSince > HURRY_MS) process.exit(130);
    if (stopping.signal.aborted) return;
    stoppingSince = performance.now();
    stopping.abort();
    setTimeout(() => fail(new StartError("Not everything stopped in time; the rest was ended.")), STOP_MS).unref();
  });
}
// A reader of our output that left is no reason to stop serving.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);

try {
  await main();
  process.exit(0);
} catch (error) {
  if (stopping.signal.aborted && error === stopping.signal.reason) process.exit(0);
  fail(error);
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), process.cwd());
  const say = (text: string) => (options.quiet ? undefined : console.log(text));
  if (options.help) return console.log(USAGE);
  const variables = readVariables(root, process.env);
  // Only now: its parts take most of a second to load, and a bad option is told at once.
  const { startStack } = await import("./stack.ts");
  const stack = await startStack({
    ...options,
    variables,
    signal: stopping.signal,
    onProgress: say,
    onLog: ({ level, message }) => (level === "error" || level === "warn" ? console.error(message) : say(message)),
  });
  try {
    console.log(`Brink is ready at ${stack.url}`);
    say(describeStack(options, variables));
    await stopped();
    say("Stopping.");
  } finally {
    await stack.close();
  }
}

async function stopped(): Promise<void> {
  const { signal } = stopping;
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
}

/** Miniflare's listener on `exit` ends workerd, whatever else went wrong. */
function fail(error: unknown): never {
  if (error instanceof StartError) {
    if (error.details !== undefined && error.details !== "") console.error(error.details);
    console.error(error.message);
  } else {
    // A bug of ours: whoever looks for it needs to know where.
    if (error instanceof Error && error.stack !== undefined) console.error(error.stack);
    console.error(`Brink ended by an error of its own: ${reasonOf(error)}.`);
  }
  process.exit(1);
}

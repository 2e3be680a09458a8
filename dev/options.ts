// The command line of `npm start` and `npm run dev`. Whatever is wrong with it is refused in one sentence.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { StartError } from "./start-error.ts";

export const DEFAULT_PORT = 8787;
const DEFAULT_STATE = ".brink";

export const USAGE = `npm start -- [--port N] [--state DIR] [--quiet]
npm run dev -- [the same]

  --port N     listen on 127.0.0.1:N (${DEFAULT_PORT}); 0 takes a free port
  --state DIR  keep conversations, database and secret in DIR (${DEFAULT_STATE})
  --quiet      print the address when ready, and nothing but errors after it
`;

export type Options = { port: number; stateDir: string; quiet: boolean; watch: boolean; help: boolean };

/** `watch` is what `npm run dev` adds: the same stack under `wrangler dev`, rebuilt on change. */
export function parseOptions(args: readonly string[], directory: string): Options {
  const options: Options = {
    port: DEFAULT_PORT,
    stateDir: resolve(directory, DEFAULT_STATE),
    quiet: false,
    watch: false,
    help: false,
  };
  // Not strict: Node's own messages explain quoting rules; ours name the three options.
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: { port: { type: "string" }, state: { type: "string" } },
  });
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") throw unknown(token.value);
    switch (token.name) {
      case "port":
        options.port = parsePort(token.value);
        break;
      case "state":
        options.stateDir = resolve(directory, parseDirectory(token.value));
        break;
      case "quiet":
      case "watch":
      case "help":
        if (token.value !== undefined) throw new StartError(`${token.rawName} takes no value.`);
        options[token.name] = true;
        break;
      default:
        throw unknown(token.rawName);
    }
  }
  return options;
}

function parsePort(value: string | undefined): number {
  const port = /^\d{1,5}$/.test(value ?? "") ? Number(value) : Number.NaN;
  if (!(port <= 65_535)) throw new StartError("--port needs a whole number from 1 to 65535, or 0 for any free port.");
  return port;
}

function parseDirectory(value: string | undefined): string {
  // "--state --quiet" forgot its folder; a folder whose name begins with a dash can be given as ./-name.
  if (value === undefined || value === "" || value.startsWith("-")) throw new StartError("--state needs a folder.");
  return value;
}

function unknown(argument: string): StartError {
  return new StartError(`Brink knows --port N, --state DIR and --quiet, not ${JSON.stringify(argument)}.`);
}

// The command line of `npm run bench`. Whatever is wrong with it is refused in one sentence.

import { resolve } from "node:path";
import { parseArgs } from "node:util";

export const USAGE = `npm run bench -- [options]

  --scenario NAMES  which to run, separated by commas, or "all" (paced)
  --streams LIST    how many streams at once, where the scenario has a choice: 1,50,200
  --repeats N       how often each is measured, interleaved with the others (3)
  --far             limits on, and database and Redis each 20 ms away
  --smoke           small and once: does everything work? No figure of it means anything
  --state DIR       keep Brink's state in DIR while it runs (/dev/shm, where there is one)
  --root DIR        measure the Worker of another checkout, with this one's bench
  --json FILE       write every run to FILE as well
`;

export type Options = {
  scenarios: string[];
  streams: number[] | null;
  repeats: number;
  isFar: boolean;
  isSmoke: boolean;
  stateParent: string | null;
  root: string | null;
  jsonPath: string | null;
  help: boolean;
};

/** The command line cannot be understood; its message says why, in one sentence. */
export class OptionError extends Error {}

const DEFAULT_REPEATS = 3;
const MAX_STREAMS = 5_000;

export function parseOptions(args: readonly string[], known: readonly string[]): Options {
  const { values } = parse(args);
  const named = values.scenario === "all" ? [...known] : (values.scenario?.split(",") ?? known.slice(0, 1));
  const unknown = named.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new OptionError(`There is no scenario "${unknown}": ${known.join(", ")}, or all.`);
  const isSmoke = values.smoke ?? false;
  return {
    scenarios: named,
    streams: values.streams?.split(",").map((text) => parseCount("--streams", text, MAX_STREAMS)) ?? null,
    repeats:
      values.repeats === undefined ? (isSmoke ? 1 : DEFAULT_REPEATS) : parseCount("--repeats", values.repeats, 99),
    isFar: values.far ?? false,
    isSmoke,
    stateParent: values.state ?? null,
    root: values.root === undefined ? null : resolve(values.root),
    jsonPath: values.json ?? null,
    help: values.help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        scenario: { type: "string" },
        streams: { type: "string" },
        repeats: { type: "string" },
        far: { type: "boolean" },
        smoke: { type: "boolean" },
        state: { type: "string" },
        root: { type: "string" },
        json: { type: "string" },
        help: { type: "boolean" },
      },
    });
  } catch (cause) {
    const [sentence = ""] = cause instanceof Error ? cause.message.split("\n") : [];
    throw new OptionError(sentence, { cause });
  }
}

function parseCount(name: string, text: string, maximum: number): number {
  const count = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(count <= maximum)) throw new OptionError(`${name} takes whole numbers from 1 to ${maximum}, not "${text}".`);
  return count;
}

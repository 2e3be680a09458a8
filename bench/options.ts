// The command line of `npm run bench`. Whatever is wrong with it is refused in one sentence.

import { resolve } from "node:path";
import { parseArgs } from "node:util";

const USAGE = `npm run bench -- [options]                  measures on this machine
npm run bench -- --url URL [options]        measures a deployment from outside; with --scenario, under load profiles
npm run bench -- --check FILE ...           holds runs that --json wrote against the thresholds
npm run bench -- --report FILE ...          makes bench/REPORT.md and its charts of them

  --scenario NAMES  which to run, separated by commas, or "all": those that do not take minutes (paced)
  --streams LIST    other numbers of streams at once than the scenario's own, where it has a choice: 1,50,200
  --repeats N       how often each is measured, interleaved with the others (5; from outside 3)
  --far             limits on, and database and Redis each 20 ms away
  --profile         say where the CPU goes, with perf, which takes some of it: such a run is not judged
  --smoke           small and once: does everything work? No figure of it means anything
  --state DIR       keep Brink's state in DIR while it runs (/dev/shm, where there is one)
  --root DIR        measure the Worker of another checkout, with this one's bench
  --json FILE       write every run to FILE as well
  --check           hold this run against the thresholds; ends with 0 where each that is of a scenario run here was
                    measured and met. Without --scenario it runs all that are judged, limits on and database and
                    Redis away where a threshold asks for that: an hour and a half or so
  --report          make the report of this run
`;

export type Options = {
  scenarios: string[];
  streams: number[] | null;
  repeats: number;
  isFar: boolean;
  isProfiled: boolean;
  isSmoke: boolean;
  stateParent: string | null;
  root: string | null;
  jsonPath: string | null;
  url: string | null;
  check: boolean;
  report: boolean;
  /** Runs of before, in place of a new one. */
  files: string[];
  help: boolean;
};

export function describeUsage(known: readonly Known[]): string {
  const namesOf = (isLong: boolean) =>
    known
      .filter((one) => (one.isLong ?? false) === isLong)
      .map(({ name }) => name)
      .join(", ");
  return `${USAGE}
Scenarios: ${namesOf(false)};
and those that take minutes: ${namesOf(true)}.
`;
}

/** The command line cannot be understood; its message says why, in one sentence. */
export class OptionError extends Error {}

const DEFAULT_REPEATS = 5; // Ratios of CPU vary: fewer pairs say little.
const DEFAULT_REPEATS_OUTSIDE = 3; // Somebody pays for them.
const MAX_STREAMS = 5_000;
const MAX_STREAMS_OUTSIDE = 1_000;

/** A scenario, as far as the command line goes. */
export type Known = { name: string; isLong?: boolean; isJudged?: boolean; isProfile?: boolean };

export function parseOptions(args: readonly string[], known: readonly Known[]): Options {
  const { values, positionals } = parse(args);
  const isSmoke = values.smoke ?? false;
  const url = values.url === undefined ? null : parseUrl(values.url);
  const maxStreams = url === null ? MAX_STREAMS : MAX_STREAMS_OUTSIDE;
  const defaultRepeats = isSmoke ? 1 : url === null ? DEFAULT_REPEATS : DEFAULT_REPEATS_OUTSIDE;
  const options: Options = {
    scenarios: parseScenarios(values.scenario, known, values.check ?? false),
    streams: values.streams?.split(",").map((text) => parseCount("--streams", text, maxStreams)) ?? null,
    repeats: values.repeats === undefined ? defaultRepeats : parseCount("--repeats", values.repeats, 99),
    isFar: values.far ?? false,
    isProfiled: values.profile ?? false,
    isSmoke,
    stateParent: values.state ?? null,
    root: values.root === undefined ? null : resolve(values.root),
    jsonPath: values.json ?? null,
    url,
    check: values.check ?? false,
    report: values.report ?? false,
    files: positionals,
    help: values.help ?? false,
  };
  const { check, report, files } = options;
  if (files.length > 0 && !check && !report) throw new OptionError(`What of ${files[0]}? Say --check or --report.`);
  if (isSmoke && (check || report)) throw new OptionError("A smoke run has no figures to judge or to report.");
  if (options.isProfiled && check) throw new OptionError("A profiled run is not judged: perf takes some of the CPU.");
  if (url === null) return options;
  const local = (["far", "profile", "state", "root", "report"] as const).find((name) => values[name] !== undefined);
  if (local !== undefined) throw new OptionError(`--${local} is for what runs on this machine, not for --url.`);
  const profiles = known.filter(({ isProfile }) => isProfile === true).map(({ name }) => name);
  const named = values.scenario?.split(",") ?? [];
  if (named.some((name) => !profiles.includes(name)) || (named.length === 0 && (check || isSmoke))) {
    throw new OptionError(
      `--url has no scenarios but load profiles, and only those are judged: ${profiles.join(", ")}.`,
    );
  }
  return named.length === 0 ? { ...options, scenarios: [] } : options;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        scenario: { type: "string" },
        streams: { type: "string" },
        repeats: { type: "string" },
        far: { type: "boolean" },
        profile: { type: "boolean" },
        smoke: { type: "boolean" },
        state: { type: "string" },
        root: { type: "string" },
        json: { type: "string" },
        url: { type: "string" },
        check: { type: "boolean" },
        report: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (cause) {
    const [sentence = ""] = cause instanceof Error ? cause.message.split("\n") : [];
    throw new OptionError(sentence, { cause });
  }
}

function parseScenarios(text: string | undefined, known: readonly Known[], check: boolean): string[] {
  const names = known.map(({ name }) => name);
  if (text === undefined && check) return known.filter(({ isJudged }) => isJudged === true).map(({ name }) => name);
  if (text === "all") return known.filter(({ isLong }) => isLong !== true).map(({ name }) => name);
  const named = text?.split(",") ?? names.slice(0, 1);
  const unknown = named.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new OptionError(`There is no scenario "${unknown}": ${names.join(", ")}, or all.`);
  return named;
}

/** Without a slash at its end. */
function parseUrl(text: string): string {
  const url = URL.parse(text);
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "";
  if (!isOrigin) throw new OptionError(`--url takes the address of a deployment, as https://NAME, not "${text}".`);
  return url.origin;
}

function parseCount(name: string, text: string, maximum: number): number {
  const count = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(count <= maximum)) throw new OptionError(`${name} takes whole numbers from 1 to ${maximum}, not "${text}".`);
  return count;
}
